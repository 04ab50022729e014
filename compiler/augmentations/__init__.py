"""Augmentations, one a file. Adding a file here adds an augmentation; `base.augmentation.all()` finds them."""
