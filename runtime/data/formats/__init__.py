"""Formats of data, one file each. Adding a file here is all it takes to add one; `base.load_formats()` finds it."""
