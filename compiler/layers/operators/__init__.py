"""Operators of ONNX by their names."""
