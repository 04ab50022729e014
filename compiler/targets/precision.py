"""Which targets can be written in which precision, and a model to try whether a device has it."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.options import Precision
from netc.grammar.diagnostics import Diagnostic, DiagnosticError

LOW = {"mixed": DType.FLOAT16, "bfloat16": DType.BFLOAT16}
"""The type that a precision computes in beside float32."""

TARGETS = {"mixed": ("std", "cuda", "web"), "bfloat16": ("std", "cuda")}
"""Targets whose operators take that type."""


def low_precision(precision: Precision, target: str) -> DType | None:
    """The 16-bit type of a training step, None for float32; raises DiagnosticError E605 where the target has none."""
    if precision == "float32":
        return None
    if target not in TARGETS[precision]:
        message = f"target `{target}` has no precision `{precision}`"
        help = f"use `--target cuda`, or `--precision float32` for target `{target}`"
        raise DiagnosticError(Diagnostic("E605", message, help=help))
    return LOW[precision]


def probe_precision(precision: Precision) -> bytes:
    """A model that convolves x [1, 1, 2, 2] with itself in the low type of a precision: y is the sum of squares."""
    from netc.compiler.emit import emit

    x = Value("x", DType.FLOAT32, (1, 1, 2, 2))
    graph = Graph("probe", [x])
    g = Builder(graph)
    low = g.Cast(x, to=LOW[precision])
    y = g.Conv(low, low, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1))
    graph.outputs["y"] = g.Cast(y, to=DType.FLOAT32)
    model: bytes = emit(graph).SerializeToString(deterministic=True)
    return model
