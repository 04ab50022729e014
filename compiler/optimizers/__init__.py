"""Optimizers, one a file. Adding a file here adds an optimizer; `base.optimizer.all()` finds them."""
