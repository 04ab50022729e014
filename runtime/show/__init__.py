"""What people see of a training: progress, curves, answers."""
