"""What parameters hold: declared, drawn from a seed, read from files."""
