"""Slices and padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import normal_axes, surely_less
from netc.compiler.ops.facts import Cost, Kind
from netc.compiler.ops.fields import Field
from netc.compiler.ops.window import torch_pads
from netc.compiler.ops.writer import Writer
from netc.grammar.counted import counted


@op
class Slice(Op):
    """Elements starts, starts + steps, … up to stops (not included) of each of `axes`, as Python slices.

    Negative starts and stops count from the end; ones past the ends are cut to them. Symbolic bounds are taken to lie
    inside; a stop of TO_THE_END is the end of any axis.
    """

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"starts": REQUIRED, "stops": REQUIRED, "axes": REQUIRED, "steps": REQUIRED}
    samples = (
        sample((5, 4), starts=(1,), stops=(3,), axes=(0,), steps=(1,)),
        sample((6, 5), starts=(0, 1), stops=(6, 99), axes=(0, 1), steps=(2, 3)),
        sample((2, 7), starts=(-1,), stops=(-8,), axes=(1,), steps=(-1,)),
        sample((2, 7), starts=(-2,), stops=(0,), axes=(-1,), steps=(-2,)),
        sample((2, 8), starts=(2,), stops=(-1,), axes=(1,), steps=(2,)),
        sample((6,), starts=(-99,), stops=(3,), axes=(0,), steps=(1,)),
    )

    @staticmethod
    def shape(x: Value, *, starts: Shape, stops: Shape, axes: tuple[int, ...], steps: tuple[int, ...]) -> Shape:
        out = list(x.shape)
        for i, axis in enumerate(normal_axes(x, axes)):
            _, count = slice_range(x.shape[axis], starts[i], stops[i], steps[i])
            if surely_less(count, 1):
                raise ShapeError(
                    f"slice {starts[i]}:{stops[i]} of {counted(x.shape[axis], 'element')} is empty", argument="axis"
                )
            out[axis] = count
        return tuple(out)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x = node.inputs[0]
        starts, stops, axes, steps = (node.attributes[name] for name in Slice.attributes)
        for i, axis in enumerate(normal_axes(x, axes)):
            start, count = slice_range(x.shape[axis], starts[i], stops[i], steps[i])
            step = steps[i]
            if step < 0:
                start, step = start + (count - 1) * step, -step
                dy = g.Slice(dy, starts=(-1,), stops=(-1 - count,), axes=(axis,), steps=(-1,))
            dy = place(g, dy, axis, start, step, x.shape[axis])
        return (dy,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "Slice", [node.inputs[0], *(e.ints(node.attributes[name]) for name in Slice.attributes)])

    @staticmethod
    def needs(node: Node) -> Shape:
        x, given = node.inputs[0], node.attributes
        needed: list[Size] = []
        for axis, start, stop, step in zip(
            normal_axes(x, given["axes"]), given["starts"], given["stops"], given["steps"], strict=True
        ):
            first, count = slice_range(x.shape[axis], start, stop, step)
            last = first + (count - 1) * step
            needed += [first, last, x.shape[axis] - 1 - first, x.shape[axis] - 1 - last]
        return tuple(needed)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x, given = node.inputs[at], node.attributes
        steps = dict(zip(normal_axes(x, given["axes"]), map(abs, given["steps"]), strict=True))
        return tuple(None if r is None else (r - 1) * steps.get(axis, 1) + 1 for axis, r in enumerate(field, 1))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        given = node.attributes

        def cut(x: Any) -> Any:
            for start, stop, axis, step in zip(*(given[name] for name in Slice.attributes), strict=True):
                chosen = range(*slice(start, stop, step).indices(x.shape[axis]))
                low, high = min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1])
                x = x[(slice(None),) * (axis % x.dim()) + (slice(low, high + 1, abs(step)),)]
                x = x.flip(axis) if step < 0 else x
            return x

        return cut


TO_THE_END = (1 << 31) - 1
"""A stop (negative for negative steps) that lies past the end of every axis."""


def slice_range(size: Size, start: Size, stop: Size, step: int) -> tuple[Size, Size]:
    """The first index and the number of elements of a slice."""
    if isinstance(size, int) and isinstance(start, int) and isinstance(stop, int):
        indices = range(*slice(start, stop, step).indices(size))
        return indices.start, len(indices)
    if isinstance(stop, int) and abs(stop) >= TO_THE_END:
        stop = size if stop > 0 else -1 - size
    if step > 0:
        first = start + size if surely_less(start, 0) else start
        end = stop + size if surely_less(stop, 0) else size if surely_less(size, stop) else stop
        return first, (end - first + step - 1) // step
    first = start + size if surely_less(start, 0) else start
    end = stop + size if surely_less(stop, 0) else stop
    if surely_less(end, -1):
        end = -1
    return first, (first - end - step - 1) // -step


def place(g: Builder, x: Value, axis: int, start: Size, step: int, size: Size) -> Value:
    """x's elements at start, start + step, … of an axis of the given size, zeros between."""
    count = x.shape[axis]
    before, after = x.shape[:axis], x.shape[axis + 1 :]
    if step > 1:
        apart = g.Reshape(x, shape=(*before, count, 1, *after))
        x = g.Reshape(pad_axis(g, apart, axis + 1, 0, step - 1), shape=(*before, count * step, *after))
    x = pad_axis(g, x, axis, start, size - start - count * step + step - 1)
    if step > 1:
        x = g.Slice(x, starts=(0,), stops=(size,), axes=(axis,), steps=(1,))
    return x


def pad_axis(g: Builder, x: Value, axis: int, begin: Size, end: Size, value: float = 0.0) -> Value:
    """x with more elements at both ends of an axis."""
    if begin == 0 and end == 0:
        return x
    pads: list[Size] = [0] * (2 * x.rank)
    pads[axis], pads[axis + x.rank] = begin, end
    return g.Pad(x, pads=tuple(pads), value=value)


@op
class Pad(Op):
    """x with `value` around it: pads are the begins of all axes, then the ends, none negative."""

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"pads": REQUIRED, "value": 0.0}
    samples = (
        sample((2, 3), pads=(0, 1, 0, 2)),
        sample((2, 3), pads=(1, 0, 0, 0), value=-1.5),
        sample((3,), pads=(0, 0)),
        sample((2, 3), pads=(1, 1, 0, 2)),
    )

    @staticmethod
    def shape(x: Value, *, pads: Shape, value: float) -> Shape:
        if len(pads) != 2 * x.rank or any(surely_less(pad, 0) for pad in pads):
            raise ShapeError(f"pads {list(pads)} for {counted(x.rank, 'axis', 'axes')}", argument="pad")
        return tuple(size + pads[i] + pads[i + x.rank] for i, size in enumerate(x.shape))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        x, pads = node.inputs[0], node.attributes["pads"]
        padded = [i for i in range(x.rank) if dy.shape[i] != x.shape[i]]
        if not padded:
            return (dy,)
        starts = tuple(pads[i] for i in padded)
        stops = tuple(pads[i] + x.shape[i] for i in padded)
        return (g.Slice(dy, starts=starts, stops=stops, axes=tuple(padded), steps=(1,) * len(padded)),)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        x, pads, value = node.inputs[0], node.attributes["pads"], node.attributes["value"]
        fill = [e.scalar(value, x.dtype)] if value else []
        e.node(node, "Pad", [x, e.ints(pads), *fill])

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return field

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        around, value = torch_pads(node.attributes["pads"]), node.attributes["value"]
        return lambda x: torch.nn.functional.pad(x, around, value=value)
