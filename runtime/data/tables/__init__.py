"""Tables: their texts, numbers and columns."""
