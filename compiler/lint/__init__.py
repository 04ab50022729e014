"""Rules beyond correctness, one a file, each with its documentation."""
