"""Models from strangers, in a process of their own with limits of time, memory and output."""
