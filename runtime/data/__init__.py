"""Readers for the data sets that `--data` names."""
