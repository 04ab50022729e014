"""Sessions of ONNX Runtime and the tensors that stay with them."""
