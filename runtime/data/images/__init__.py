"""Images: opened, decoded, and as fields of a data set."""
