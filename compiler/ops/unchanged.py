"""Elementwise operators that pass their input on: checked, without gradient, outside training, as another type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.ops.random import Draws
from netc.compiler.ops.unary import SIGNED, WHOLE
from netc.compiler.ops.writer import Writer


@op
class Identity(Op):
    """y = x."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    cost = Cost.VIEW
    samples = (*SIGNED, WHOLE, sample((3,), dtypes=(DType.BOOL,), ranges=((0, 2),)))

    @staticmethod
    def shape(x: Value) -> Shape:
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        return lambda x: x


@op
class CheckedShape(Op):
    """y = x, where x has the sizes that shape rules say; a run in which it has others ends with an error."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    cost = Cost.VIEW
    samples = (sample((2, 3)), sample((2, 1, 3)), WHOLE)

    @staticmethod
    def shape(x: Value) -> Shape:
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        """ONNX Runtime turns the one size of a Concat that it doesn't know into -1, which fits any: hence the Max."""
        sizes = e.temporary("size")
        e.node(node, "Max", [e.ints(node.output.shape), e.ints((0,))], [sizes])
        e.node(node, "Reshape", [node.inputs[0], sizes])

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        return lambda x: x


@op
class StopGradient(Op):
    """y = x, through which no gradient flows."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    cost = Cost.VIEW
    passes_on = True
    differentiable = False
    samples = (*SIGNED, WHOLE)

    @staticmethod
    def shape(x: Value) -> Shape:
        return x.shape

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Identity", node.inputs)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        return lambda x: x.detach()


@op
class Dropout(Op):
    """y = x where the network runs; in training `passes/` turn it into x times a mask / (1 - rate).

    rate     the share of elements that training sets to zero, in [0, 1)
    leading  how many axes, the batch first, the mask goes along: the elements behind them share their fate; None: all
    """

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    cost = Cost.VIEW
    passes_on = True
    attributes = {"rate": REQUIRED, "leading": None}
    samples = (sample((2, 3), rate=0.5), sample((2, 3, 4), rate=0.5, leading=2))

    @staticmethod
    def shape(x: Value, *, rate: float, leading: int | None) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def draw(g: Builder, draws: Draws, node: Node, x: Value) -> Value:
        rate, leading = node.attributes["rate"], node.attributes["leading"]
        return g.Mul(x, draws.dropout_mask(g, x.shape, rate, leading)) if rate else x

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Identity", node.inputs)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """In training form."""
        rate, leading, dropout = node.attributes["rate"], node.attributes["leading"], torch.nn.functional.dropout
        if leading is None:
            return lambda x: dropout(x, rate)

        def shared(x: Any) -> Any:
            return x * dropout(torch.ones_like(x[(..., *(slice(1),) * (x.dim() - leading))]), rate)

        return shared


@op
class GaussianNoise(Op):
    """y = x where the network runs; in training `passes/` add numbers of the normal distribution times `std`."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    cost = Cost.VIEW
    passes_on = True
    attributes = {"std": REQUIRED}
    samples = (sample((2, 3), std=0.5),)

    @staticmethod
    def shape(x: Value, *, std: float) -> Shape:
        floating(x)
        return x.shape

    @staticmethod
    def draw(g: Builder, draws: Draws, node: Node, x: Value) -> Value:
        std = node.attributes["std"]
        return g.Add(x, g.Mul(draws.normal(g, x.shape), std)) if std else x

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Identity", node.inputs)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """In training form."""
        std = node.attributes["std"]
        return lambda x: x + torch.randn_like(x) * std


@op
class Cast(Op):
    """The same numbers with element type `to`; to whole numbers they round toward zero, to bool 0 is false."""

    kind = Kind.ELEMENTWISE
    half = Half.NEVER
    attributes = {"to": REQUIRED}
    samples = (
        sample((2, 3), to=DType.INT64, ranges=((-9, 9),)),
        sample((2, 3), to=DType.FLOAT32),
        sample((4,), to=DType.FLOAT32, dtypes=(DType.UINT8,), ranges=((0, 256),)),
        sample((4,), to=DType.FLOAT32, dtypes=(DType.BOOL,), ranges=((0, 2),)),
        sample((4,), to=DType.BOOL, dtypes=(DType.INT64,), ranges=((-1, 2),)),
        sample((2,), to=DType.INT32, dtypes=(DType.INT64,), ranges=((-5, 5),)),
    )

    @staticmethod
    def shape(x: Value, *, to: DType) -> Shape:
        return x.shape

    @staticmethod
    def dtype(x: Value, *, to: DType) -> DType:
        return to

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Cast(dy, to=node.inputs[0].dtype),)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        wanted = getattr(torch, str(node.attributes["to"]))
        return lambda x: x.to(wanted)
