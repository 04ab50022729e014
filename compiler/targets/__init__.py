"""How operators that ONNX lacks are written with the stock operators of a target."""
