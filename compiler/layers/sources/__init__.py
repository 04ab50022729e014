"""Sources: values that no input gives."""
