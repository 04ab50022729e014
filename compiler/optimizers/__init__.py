"""Optimizers, one a file. Adding a file here is all it takes to add a optimizer; `base.optimizer.all()` finds them."""
