"""Losses, one a file. Adding a file here is all it takes to add a loss; `base.loss.all()` finds them."""
