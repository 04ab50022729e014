"""From a graph of stock operators to ONNX. The only place that imports `onnx`."""

from netc.grammar.uninterrupted import uninterrupted

with uninterrupted():
    from netc.compiler.emit.emitter import Emitter
    from netc.compiler.emit.model_proto import IR_VERSION, Written, emit, write
    from netc.compiler.ops.onnx_schema import OPSET

__all__ = ["IR_VERSION", "OPSET", "Emitter", "Written", "emit", "write"]
