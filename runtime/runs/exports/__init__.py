"""A run for others: files and folders that need no netc, one way out a file."""
