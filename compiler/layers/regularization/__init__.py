"""Regularization: what makes training harder and does nothing afterwards."""
