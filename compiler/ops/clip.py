"""Numbers kept between two bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.arithmetic import emit_whole_extremum
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import numeric
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.writer import Writer


@op
class Clip(Op):
    """y = x, but low below it and high above it; None is no bound.

    bounds_pass  whether the slope at the bounds themselves is 1, as that of PyTorch's clamp, or 0, as of its hardtanh
    """

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    attributes = {"low": REQUIRED, "high": REQUIRED, "bounds_pass": True}
    samples = (
        sample((2, 5), low=-0.5, high=0.5),
        sample((7,), low=None, high=0.25, bounds_pass=False),
        sample((2, 3), low=-0.25, high=None),
        sample((5,), low=1, high=3, dtypes=(DType.INT64,), ranges=((0, 5),)),
    )

    @staticmethod
    def shape(x: Value, *, low: float | None, high: float | None, bounds_pass: bool) -> Shape:
        numeric(x)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x, low, high = node.inputs[0], node.attributes["low"], node.attributes["high"]
        above, below = (g.GreaterOrEqual, g.LessOrEqual) if node.attributes["bounds_pass"] else (g.Greater, g.Less)
        inside = [above(x, low)] if low is not None else []
        inside += [below(x, high)] if high is not None else []
        for one in inside:
            dy = g.Mul(dy, g.Cast(one, to=DType.FLOAT32))
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        x, bounds = node.inputs[0], (node.attributes["low"], node.attributes["high"])
        if x.dtype is DType.INT64:
            cls._emit_whole(e, node, *bounds)
            return
        e.node(node, "Clip", [x, *("" if bound is None else e.scalar(bound, x.dtype) for bound in bounds)])

    @classmethod
    def _emit_whole(cls, e: Writer, node: Node, low: int | None, high: int | None) -> None:
        x, y = node.inputs[0], node.output
        if low is None and high is None:
            e.node(node, "Identity", [x])
        elif low is None or high is None:
            wins, bound = ("Greater", low) if low is not None else ("Less", high)
            assert bound is not None
            emit_whole_extremum(e, node, wins, x, e.scalar(bound, x.dtype), y)
        else:
            between = e.temporary()
            emit_whole_extremum(e, node, "Greater", x, e.scalar(low, x.dtype), between)
            emit_whole_extremum(e, node, "Less", between, e.scalar(high, x.dtype), y)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        low, high = node.attributes["low"], node.attributes["high"]
        return lambda x: torch.clamp(x, low, high)
