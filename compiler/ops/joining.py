"""Tensors put one after the other, and cut apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, DType, Node, Shape, Size, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import normal_axis, shape_of
from netc.compiler.ops.facts import Cost, Kind
from netc.compiler.ops.fields import Field
from netc.compiler.ops.writer import Writer
from netc.grammar.counted import counted


@op
class Concat(Op):
    """The inputs one after the other along an axis; their other sizes are equal."""

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"axis": REQUIRED}
    samples = (
        sample((2, 3), (2, 2), (2, 1), axis=1),
        sample((1, 3), (2, 3), axis=0),
        sample((2, 3), (2, 3), axis=-1),
        sample((2,), axis=0),
        sample((2,), (3,), axis=0, dtypes=(DType.INT64, DType.INT64), ranges=((0, 9), (0, 9))),
    )

    @staticmethod
    def shape(*inputs: Value, axis: int) -> Shape:
        first = inputs[0]
        position = normal_axis(first, axis)
        total: Size = 0
        for at, x in enumerate(inputs):
            if x.dtype != first.dtype:
                raise ShapeError(f"element types differ: {first.dtype} and {x.dtype}", at=at)
            if x.rank != first.rank or any(size != first.shape[i] for i, size in enumerate(x.shape) if i != position):
                raise ShapeError(
                    f"shapes {shape_of(first.shape)} and {shape_of(x.shape)} differ outside of the axis that grows",
                    at=at,
                )
            total = total + x.shape[position]
        return (*first.shape[:position], total, *first.shape[position + 1 :])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, ...]:
        axis = normal_axis(dy, node.attributes["axis"])
        parts: list[Value] = []
        start: Size = 0
        for x in node.inputs:
            stop = start + x.shape[axis]
            parts.append(g.Slice(dy, starts=(start,), stops=(stop,), axes=(axis,), steps=(1,)))
            start = stop
        return tuple(parts)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return field

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis = node.attributes["axis"]
        return lambda *parts: torch.cat(parts, axis)


@op
class Split(Op):
    """The input cut along an axis into parts of the given sizes."""

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"axis": REQUIRED, "sizes": REQUIRED}
    samples = (
        sample((5, 3), axis=0, sizes=(2, 3)),
        sample((2, 6), axis=1, sizes=(1, 3, 2)),
        sample((4, 2), axis=-1, sizes=(1, 1)),
        sample((3,), axis=0, sizes=(3,)),
        sample((3,), axis=0, sizes=(1, 2), dtypes=(DType.INT64,), ranges=((0, 9),)),
    )

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (x,) = inputs
        axis, sizes = normal_axis(x, attributes["axis"]), attributes["sizes"]
        if sum(sizes) != x.shape[axis]:
            raise ShapeError(f"parts of {list(sizes)} of {counted(x.shape[axis], 'element')}", argument="sizes")
        return tuple((x.dtype, (*x.shape[:axis], size, *x.shape[axis + 1 :])) for size in sizes)

    @staticmethod
    def grad(g: Builder, node: Node, *dy: Value | None) -> tuple[Value]:
        parts = [
            g.Expand(g.constant(0.0), shape=value.shape) if part is None else part
            for part, value in zip(dy, node.outputs, strict=True)
        ]
        return (g.Concat(*parts, axis=node.attributes["axis"]),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Split", [node.inputs[0], e.ints(node.attributes["sizes"])], axis=node.attributes["axis"])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return field

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        axis, sizes = node.attributes["axis"], node.attributes["sizes"]
        return lambda x: torch.split(x, sizes, axis)
