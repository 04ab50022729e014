"""A `train` section after elaboration: its settings, its steps, and what they move."""
