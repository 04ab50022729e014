"""Pooling: over windows, to a given size, over all places, and back."""
