"""One training: step, loop, progress."""
