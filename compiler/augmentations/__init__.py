"""Augmentations, one a file. Adding a file here is all it takes to add one; `base.augmentation.all()` finds them."""
