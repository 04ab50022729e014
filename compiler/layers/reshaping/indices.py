"""Whole numbers as places: elements chosen by them, and vectors that mark them."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import AXIS, SIZE, argument
from netc.compiler.ir import DType, Value, is_batched
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer


@layer("gather")
class Gather(Layer):
    """`x -> gather(index)`: the slices of x along an axis in the order of an index, whose axes replace that axis.

    `[M, C]` with `int [K]` -> `[K, C]`. Index and x may each be of the example or the same for all: a table of
    parameters with an index of the example looks its rows up. Indices run from 0 to the axis' size - 1. Negative ones
    count from the end, -1 the last; in an input that chooses from a table of parameters they are refused (E558).
    PyTorch's gather picks elements one by one instead: `x * (index -> one_hot(n)) -> sum(axis=-1)` does that.
    """

    also = ("index_select", "take")

    inputs = (2, 2)
    axis: int = argument(AXIS, "the axis that is chosen from", default=0)

    samples = (
        Sample("gather(b)", "8x3", "int 4", out="4x3", values=(0, 8)),
        Sample("gather(b, axis=1)", "2x8x3", "int 2x4", out="2x2x4x3", values=(0, 8)),
        Sample("gather(b)", "parameter(8x3)", "int [T]", out="[T, 3]", values=(0, 8)),
        Sample("gather(b, axis=1)", "parameter(2x8)", "int 3", out="2x3", values=(0, 8)),
        Sample("gather(b)", "8", "int", out="float", values=(0, 8)),
    )
    errors = (
        Wrong("gather(b)", "8", "4", code="E302", says="gather needs whole numbers as its index, found float32"),
        Wrong("gather(b, axis=1)", "8", "int 4", code="E303", says="axis 1 of a value with 1 axis"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        data, index = x
        if index.dtype is not DType.INT64:
            message = f"gather needs whole numbers as its index, found {index.dtype}"
            help = "declare them as such, as in `input index: int 4`, or take those of `argmax` or `topk`"
            raise ShapeError(message, at=1, help=help, code="E302")
        axis = b.axis(data, self.axis)
        if not is_batched(index):
            return b.Gather(data, index, axis=axis)
        first = int(is_batched(data))
        front = (*range(first), axis, *(other for other in range(first, data.rank) if other != axis))
        moved = data if front == tuple(range(data.rank)) else b.Transpose(data, axes=front)
        y = b.GatherEach(moved, index) if first else b.Gather(moved, index, axis=0)
        before, places = axis - first, index.rank - 1
        if not before:
            return y
        back = (0, *range(1 + places, 1 + places + before), *range(1, 1 + places))
        return b.Transpose(y, axes=(*back, *range(len(back), y.rank)))

    def formula(self, torch: Any, x: Any, index: Any) -> Any:
        axis = self.axis % x.ndim
        chosen = torch.index_select(x, axis, index.reshape(-1))
        return chosen.reshape((*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]))


@layer("one_hot")
class OneHot(Layer):
    """1 at each index along a new last axis, else 0: `int [T]` -> `one_hot(10)` -> `[T, 10]`.

    Other numbers than 0 to classes - 1 are an error in the data of an input, as in PyTorch; of those that the net works
    out itself, -1 marks the last place, and what lies outside of both nothing.
    """

    classes: int = argument(SIZE, "how many there are; indices run from 0 to one less")

    samples = (
        Sample("one_hot(8)", "int 4", out="4x8"),
        Sample("one_hot(classes=8)", "int [T]", out="[T, 8]"),
        Sample("one_hot(9)", "int", out="9"),
    )
    errors = (
        Wrong("one_hot(8)", "4", code="E302", says="one_hot needs whole numbers, found float32"),
        Wrong("one_hot(0)", "int 4", code="E224", says="a positive whole number, found 0"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        if x.dtype is not DType.INT64:
            message = f"one_hot needs whole numbers, found {x.dtype}"
            raise ShapeError(message, help="declare them as such, as in `input classes: int 4`", code="E302")
        return b.OneHot(x, depth=self.classes)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.one_hot(x, self.classes).double()
