"""netc: a small language for neural-network architectures, compiled to plain ONNX and trained by stock ONNX Runtime."""
