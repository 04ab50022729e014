"""Normalization: of activations, of the input, of weights."""
