"""A net as Keras source."""
