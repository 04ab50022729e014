"""What `netc train` does once its options are read."""
