"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, Sample, op, sample
from netc.compiler.ops.checks import floating, normal_axes, normal_axis, numeric, surely_less
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, along
from netc.compiler.ops.sources import number_of
from netc.compiler.ops.writer import Writer

SAMPLES = (
    sample((2, 3, 4), axes=(1,)),
    sample((2, 3, 4), axes=(0, 2), keepdims=True),
    sample((2, 3), axes=(0, 1)),
    sample((2, 3, 4), axes=(-1,), keepdims=True),
    sample((3,), axes=()),
)


class Reduction(Op):
    """Combine the elements along `axes`; the axes go, or stay with size 1 under `keepdims`. No axes: y = x."""

    kind = Kind.REDUCTION
    attributes = {"axes": REQUIRED, "keepdims": False}
    samples: ClassVar[tuple[Sample, ...]] = SAMPLES

    @staticmethod
    def shape(x: Value, *, axes: tuple[int, ...], keepdims: bool) -> Shape:
        numeric(x)
        gone = set(normal_axes(x, axes))
        if keepdims:
            return tuple(1 if axis in gone else size for axis, size in enumerate(x.shape))
        return tuple(size for axis, size in enumerate(x.shape) if axis not in gone)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        axes, keepdims = attributes_of(node)
        if axes:
            e.node(node, cls.__name__, [node.inputs[0], e.ints(axes)], keepdims=int(keepdims))
        else:
            e.node(node, "Identity", node.inputs)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        axes, keepdims = attributes_of(node)
        return without_axes(x, field, normal_axes(x, axes), keepdims)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        (axes, keepdims), reduce = attributes_of(node), getattr(torch, cls.torch_name or "")
        return (lambda x: reduce(x, axes, keepdim=keepdims)) if axes else (lambda x: x)


@op
class ReduceSum(Reduction):
    """The sum over axes."""

    torch_name = "sum"

    samples = (*SAMPLES, sample((2, 5), axes=(1,), dtypes=(DType.INT64,), ranges=((0, 9),)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (spread(g, node, dy),)


@op
class ReduceMean(Reduction):
    """The mean over axes."""

    torch_name = "mean"

    @staticmethod
    def shape(x: Value, *, axes: tuple[int, ...], keepdims: bool) -> Shape:
        floating(x)
        return Reduction.shape(x, axes=axes, keepdims=keepdims)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x = node.inputs[0]
        axes, _ = attributes_of(node)
        count = number_of(g, product(tuple(x.shape[axis] for axis in normal_axes(x, axes))))
        return (spread(g, node, g.Div(dy, count)),)


class ReduceExtremum(Reduction):
    """The gradient is shared by all elements that are equal to the result."""

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x = node.inputs[0]
        kept = kept_shape(node)
        chosen = g.Cast(g.Equal(x, g.Reshape(node.output, shape=kept)), to=DType.FLOAT32)
        axes, _ = attributes_of(node)
        share = g.Div(g.Reshape(dy, shape=kept), g.ReduceSum(chosen, axes=axes, keepdims=True))
        return (g.Mul(chosen, share),)


@op
class ReduceMax(ReduceExtremum):
    """The largest element over axes."""

    torch_name = "amax"


@op
class ReduceMin(ReduceExtremum):
    """The smallest element over axes."""

    torch_name = "amin"


@op
class ArgMax(Op):
    """The index of the largest element along an axis, the first of equal ones, as int64; the axis goes."""

    kind = Kind.REDUCTION
    attributes = {"axis": REQUIRED}
    differentiable = False
    samples = (sample((2, 5), axis=1), sample((4, 3, 2), axis=0), sample((4, 3, 2), axis=-1))

    @staticmethod
    def shape(x: Value, *, axis: int) -> Shape:
        numeric(x)
        position = normal_axis(x, axis)
        return x.shape[:position] + x.shape[position + 1 :]

    @staticmethod
    def dtype(x: Value, *, axis: int) -> DType:
        return DType.INT64

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "ArgMax", node.inputs, axis=node.attributes["axis"], keepdims=0)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, (normal_axis(x, node.attributes["axis"]),))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis = node.attributes["axis"]
        return lambda x: torch.argmax(x, axis)


@op
class TopK(Op):
    """The k largest elements along an axis in descending order, and their int64 indices."""

    kind = Kind.REDUCTION
    attributes = {"k": REQUIRED, "axis": REQUIRED}
    samples = (sample((2, 5), k=3, axis=1), sample((6, 2), k=1, axis=0), sample((2, 4, 3), k=2, axis=-2))

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        numeric(x)
        k, axis = attributes["k"], normal_axis(x, attributes["axis"])
        if k < 1 or surely_less(x.shape[axis], k):
            raise ShapeError(f"the {k} largest of {x.shape[axis]} elements", argument="k")
        shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
        return ((x.dtype, shape), (DType.INT64, shape))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value | None, indices: None = None) -> tuple[Value | None]:
        if dy is None:
            return (None,)
        x = node.inputs[0]
        axis = normal_axis(x, node.attributes["axis"])
        order = (*(i for i in range(x.rank) if i != axis), axis)
        chosen = g.OneHot(g.Transpose(node.outputs[1], axes=order), depth=x.shape[axis])
        last = g.Transpose(dy, axes=order)
        dx = g.MatMul(g.Reshape(last, shape=(*last.shape[:-1], 1, last.shape[-1])), chosen)
        dx = g.Reshape(dx, shape=(*last.shape[:-1], x.shape[axis]))
        return (g.Transpose(dx, axes=tuple(order.index(i) for i in range(x.rank))),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        k, axis = node.attributes["k"], node.attributes["axis"]
        e.node(node, "TopK", [node.inputs[0], e.ints((k,))], axis=axis, largest=1, sorted=1)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        return without_axes(x, field, (normal_axis(x, node.attributes["axis"]),), keepdims=True)

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        k, axis = node.attributes["k"], node.attributes["axis"]
        return lambda x: tuple(torch.topk(x, k, axis))


def attributes_of(node: Node) -> tuple[tuple[int, ...], bool]:
    """axes and keepdims of a reduction."""
    axes, keepdims = node.attributes["axes"], node.attributes["keepdims"]
    return axes, bool(keepdims)


def without_axes(x: Value, field: Field, gone: tuple[int, ...], keepdims: bool = False) -> Field:
    """The field in what is combined along some axes: all of these, the others as in the result."""
    kept = [axis for axis in range(x.rank) if keepdims or axis not in gone]
    return along(x, field, lambda axis: None if axis in gone else kept.index(axis))


def kept_shape(node: Node) -> Shape:
    """The shape of a reduction's output as if keepdims."""
    axes, _ = attributes_of(node)
    return Reduction.shape(node.inputs[0], axes=axes, keepdims=True)


def spread(g: Builder, node: Node, dy: Value) -> Value:
    """dy repeated along the axes that were reduced."""
    x = node.inputs[0]
    if x.shape == dy.shape:
        return dy
    kept = kept_shape(node)
    return g.Expand(dy if dy.shape == kept else g.Reshape(dy, shape=kept), shape=x.shape)
