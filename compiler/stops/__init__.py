"""Reasons to stop before the last epoch, one a file. Adding a file here adds one; `base.stop.all()` finds them."""
