"""Which targets can be written in which precision."""

from __future__ import annotations

from netc.compiler.ir import DType
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
