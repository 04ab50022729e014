"""Initializers, one a file. Adding a file here is all it takes to add one; `base.initializer.all()` finds them."""
