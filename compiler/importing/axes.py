"""Which axes a node means, and what of them: said by attributes, or by inputs since opset 13."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netc.compiler.importing.records import Array, ForeignNode


def axes_of(node: ForeignNode, given: Array | None, rank: int) -> tuple[int, ...] | None:
    """The axes that an attribute names, or an input since opset 13, counted from the front; None where none are."""
    axes = node.attributes.get("axes") if given is None else given.ravel().tolist()
    return None if axes is None else tuple(int(axis) % max(rank, 1) for axis in axes)


def reduced_axes(node: ForeignNode, given: Array | None, rank: int) -> tuple[int, ...] | None:
    """The axes that are summed up along: all where none are named; None where that means that nothing is done."""
    named = axes_of(node, given if given is not None and given.size else None, rank)
    if named:
        return named
    return None if node.attributes.get("noop_with_empty_axes", 0) else tuple(range(rank))


def slices_of(node: ForeignNode, given: Sequence[Array | None], rank: int) -> list[tuple[int, Any, Any, int]]:
    """Axis, start, stop and step of every axis that a slice cuts."""
    if given:
        starts, stops, *more = given
        assert starts is not None
        assert stops is not None
        axes = more[0].ravel().tolist() if more and more[0] is not None else range(starts.size)
        steps = more[1].ravel().tolist() if len(more) > 1 and more[1] is not None else [1] * starts.size
        begin, end = starts.ravel().tolist(), stops.ravel().tolist()
    else:
        begin, end = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes", range(len(begin))), [1] * len(begin)
    return [(int(axis) % rank, *rest) for axis, *rest in zip(axes, begin, end, steps, strict=True)]


def equal_sizes(size: int, count: int) -> list[int]:
    """The sizes of parts that are all as large as can be; what is lacking the last one lacks."""
    each = -(-size // count)
    return [min(each, max(0, size - each * at)) for at in range(count)]
