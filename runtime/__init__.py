"""Executes what the compiler wrote: devices, sessions, data, the training loop, checkpoints."""
