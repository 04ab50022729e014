"""Reductions over axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from netc.compiler.ir import Builder, DType, Node, Shape, Value, product
from netc.compiler.ops.base import REQUIRED, Op, Sample, op, sample
from netc.compiler.ops.checks import floating, normal_axes, numeric
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
