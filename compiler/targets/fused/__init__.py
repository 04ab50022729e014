"""Operators that ONNX has whole and gradients need in parts: found where nothing reads what stands between.

That is so in inference, and in what a training doesn't move.
"""
