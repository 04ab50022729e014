"""Other shapes and places for the same elements; borders and other sizes of maps."""
