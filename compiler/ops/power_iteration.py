"""The first singular vectors of a matrix, which spectral normalization keeps near."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import Node, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.writer import Writer


class Iteration(Op):
    """Of a matrix w [R, C] and vectors u [R] and v [C]: u and v. No gradient flows."""

    kind = Kind.REDUCTION
    torch_name = None
    differentiable = False
    attributes = {"epsilon": REQUIRED}
    samples = (sample((3, 4), (3,), (4,), epsilon=1e-12), sample((5, 1), (5,), (1,), epsilon=0.1))

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        w, u, v = inputs
        floating(w, u, v)
        if w.shape != (*u.shape, *v.shape):
            raise ShapeError(f"vectors of {list(w.shape)} are needed, found {list(u.shape)} and {list(v.shape)}", at=1)
        return ((u.dtype, u.shape), (v.dtype, v.shape))

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])


@op
class PowerIteration(Iteration):
    """u and v as they are where the network runs; in training `passes/` turn it into PowerIterationTraining."""

    learns_by_itself = True

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        for source, made in zip(node.inputs[1:], node.outputs, strict=True):
            e.node(None, "Identity", [source], [made])


@op
class PowerIterationTraining(Iteration):
    """u = w v / max(|w v|, epsilon), then v = w' u / max(|w' u|, epsilon)."""

    stock = False
