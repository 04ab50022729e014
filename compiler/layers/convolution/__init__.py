"""Convolutions: plain, transposed, depthwise, and with weights of each place."""
