"""Whether an operator of ONNX leaves the examples of a batch to themselves, which nothing in ONNX says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netc.compiler.ir import BATCH, BATCH_SYMBOL, Value, is_batched, symbols
from netc.compiler.layers.base import ShapeError
from netc.compiler.ops.onnx_schema import Described

MIXED = "E587"

ALONG = ("axis", "axes", "time_axis")
"""What ONNX's operators call the axes along which they work."""

ACROSS = ("MaxRoiPool", "RoiAlign", "ScatterND", "TensorScatter")
"""Operators that find examples by their numbers."""


def check_inputs(operator: Described, x: Sequence[Value], given: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
    """Raise ShapeError E587 for an operator that works along the batch."""
    if not any(map(is_batched, x)):
        return
    rank = max(value.rank for value in x)
    for name in ALONG:
        found = numbers.get(name, given.get(name))
        axes = found if isinstance(found, tuple) else () if found is None else (found,)
        if any(isinstance(axis, int) and axis in (0, -rank) for axis in axes):
            raise _mixes(operator, "axis 0 is the batch", name)
    if operator.name == "Slice" and "axes" not in numbers:
        raise _mixes(operator, "without `axes` it cuts the batch", "starts")
    apart = operator.name != "GatherND" or given["batch_dims"]
    if operator.name in ACROSS or not apart or (operator.name == "Einsum" and not _keeps(given["equation"], x)):
        raise _mixes(operator, f"`{operator.name}` reads other examples", "op")


def _keeps(equation: str, x: Sequence[Value]) -> bool:
    """Whether the examples have the same letter in front wherever they are, and nowhere else."""
    terms, _, result = equation.replace(" ", "").partition("->")
    letters = {term[:1] for term, value in zip(terms.split(","), x, strict=False) if is_batched(value)}
    first = next(iter(letters))
    others = [term for term, value in zip(terms.split(","), x, strict=False) if not is_batched(value)]
    return len(letters) == 1 and result[:1] == first and not any(first in term for term in others)


def check_results(operator: Described, x: Sequence[Value], made: Sequence[Value]) -> None:
    """Raise ShapeError E587 where a result lacks the batch in front, or has it elsewhere."""
    for value in made if any(map(is_batched, x)) else ():
        if not value.shape or value.shape[0] != BATCH:
            raise _mixes(operator, "its result has no batch in front")
        if any(BATCH_SYMBOL in symbols(size) for size in value.shape[1:]):
            raise _mixes(operator, "its result has the batch twice")


def _mixes(operator: Described, why: str, argument: str | None = None) -> ShapeError:
    return ShapeError(
        f"`{operator.name}` would mix the examples of a batch: {why}", argument=argument, code=MIXED,
        help="axes count as ONNX counts them; an example's own begin at 1",
    )  # fmt: skip
