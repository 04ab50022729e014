"""Tensors made from nothing: literals, counters, sizes."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Tensor, Value, product
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.writer import Writer


class Source(Op):
    """Without inputs. A step of PyTorch's has literals as tensors on its device; it needs no other source."""

    kind = Kind.SOURCE
    torch_name = None
    differentiable = False


@op
class Constant(Source):
    """A literal tensor."""

    attributes = {"value": REQUIRED}
    samples = (
        sample(value=Tensor(DType.FLOAT32, (), (0.5,))),
        sample(value=Tensor(DType.FLOAT32, (2, 2), (1.0, 2.0, 3.0, 4.0))),
        sample(value=Tensor(DType.INT64, (3,), (1, -2, 3))),
    )

    @staticmethod
    def shape(*, value: Tensor) -> Shape:
        return value.shape

    @staticmethod
    def dtype(*, value: Tensor) -> DType:
        return value.dtype


@op
class Iota(Source):
    """0, 1, 2, … in C order as an int64 tensor of the given shape: every element's own number."""

    attributes = {"shape": REQUIRED}
    samples = (sample(shape=(5,)), sample(shape=(2, 3, 4)), sample(shape=()))

    @staticmethod
    def shape(*, shape: Shape) -> Shape:
        return shape

    @staticmethod
    def dtype(*, shape: Shape) -> DType:
        return DType.INT64

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        shape = node.output.shape
        count, numbers = e.temporary(), e.temporary()
        e.node(node, "Reshape", [e.ints((product(shape),)), e.ints(())], outputs=[count])
        e.node(node, "Range", [e.scalar(0, DType.INT64), count, e.scalar(1, DType.INT64)], outputs=[numbers])
        e.node(node, "Reshape", [numbers, e.ints(shape)])


@op
class Dimension(Source):
    """A size as an int64 scalar: how a mean divides by a batch that is known at run time only."""

    attributes = {"size": REQUIRED}
    samples = (sample(size=7),)

    @staticmethod
    def shape(*, size: Size) -> Shape:
        return ()

    @staticmethod
    def dtype(*, size: Size) -> DType:
        return DType.INT64

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        size = node.attributes["size"]
        e.node(node, "Reshape", [e.ints((size,)), e.ints(())])


def number_of(g: Builder, size: Size) -> float | Value:
    """A size as a float: a Python number where it is known, else a float32 scalar made at run time."""
    return float(size) if isinstance(size, int) else g.Cast(g.Dimension(size=size), to=DType.FLOAT32)
