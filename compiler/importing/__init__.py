"""ONNX models as text: read, worked out, lifted to layers, put in order, written. The other door to protobuf."""
