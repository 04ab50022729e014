"""Axes that are summed up: sums, means, extremes, and where these are."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import AXIS, Boolean, Optional_, argument
from netc.compiler.declare.axes import AxisOrAxes
from netc.compiler.ir import Value, is_batched
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    language_shape,
    layer,
    require_floats,
    require_numbers,
)


def chosen_axes(b: LayerBuilder, x: Value, axes: tuple[int, ...] | None) -> tuple[int, ...]:
    """The graph's axes for some of the language's, each once; all of an example for None; raises ShapeError E303."""
    if axes is None:
        return tuple(range(int(is_batched(x)), x.rank))
    found = tuple(b.axis(x, axis) for axis in axes)
    if len(set(found)) < len(found):
        raise ShapeError(f"axes {list(axes)} name one twice", argument="axis", code="E303")
    return found


class Reduction(Layer):
    """Along one axis, several, or all of an example."""

    operator: ClassVar[str]
    torch_name: ClassVar[str]
    axis: tuple[int, ...] | None = argument(
        Optional_(AxisOrAxes()), "the axis, or the axes: all of an example unless given", default=None
    )
    keep: bool = argument(Boolean(), "whether the axes stay, with size 1", default=False)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_numbers(self.word, x)
        (y,) = b.add(self.operator, (x,), {"axes": chosen_axes(b, x, self.axis), "keepdims": self.keep})
        return y

    def formula(self, torch: Any, x: Any) -> Any:
        axes = tuple(range(x.ndim)) if self.axis is None else self.axis
        return getattr(torch, self.torch_name)(x, axes, keepdim=self.keep) if axes else x


def _samples(word: str) -> tuple[Sample, ...]:
    return (
        Sample(f"{word}(axis=0)", "4x5", out="5"),
        Sample(word, "3x4x5", out="float"),
        Sample(f"{word}(axis=[0, -1], keep=true)", "3x4x5", out="1x4x1"),
        Sample(f"{word}(axis=0)", "[T, 3]", out="3"),
    )


def _errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(f"{word}(axis=2)", "4x5", code="E303", says="axis 2 of a value with 2 axes"),
        Wrong(f"{word}(axis=[0, -2])", "4x5", code="E303", says="axes [0, -2] name one twice"),
        Wrong(f"{word}(axis=0.5)", "4x5", code="E224", says="an axis or a list of axes, found 0.5"),
    )


@layer("sum")
class Sum(Reduction):
    """The sum along one axis or several, which go unless `keep`: `sum(axis=0)`; of all elements without arguments."""

    operator, torch_name = "ReduceSum", "sum"
    samples, errors = (*_samples("sum"), Sample("sum(axis=0)", "int 4x5", out="5")), _errors("sum")


@layer("mean")
class Mean(Reduction):
    """The mean along one axis or several, which go unless `keep`: `mean(axis=0)`; of all elements without arguments."""

    operator, torch_name = "ReduceMean", "mean"
    samples = _samples("mean")
    errors = (*_errors("mean"), Wrong("mean", "int 4", code="E302", says="mean works on floating-point numbers"))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("mean", x)
        return super().build(b, x)


@layer("max")
class Max(Reduction):
    """The largest element along one axis or several, which go unless `keep`; equal ones share the gradient."""

    operator, torch_name = "ReduceMax", "amax"
    samples, errors = (*_samples("max"), Sample("max(axis=1)", "int 4x5", out="4")), _errors("max")


@layer("min")
class Min(Reduction):
    """The smallest element along one axis or several, which go unless `keep`; equal ones share the gradient."""

    operator, torch_name = "ReduceMin", "amin"
    samples, errors = (*_samples("min"), Sample("min(axis=1)", "int 4x5", out="4")), _errors("min")


@layer("reduce_sum")
class ReduceSum(Sum):
    """Another word for `sum`, which begins a line too: there `sum(…)` is the function of static values."""

    samples, errors = _samples("reduce_sum"), _errors("reduce_sum")


@layer("reduce_mean")
class ReduceMean(Mean):
    """Another word for `mean`."""

    samples, errors = _samples("reduce_mean"), _errors("reduce_mean")


@layer("reduce_max")
class ReduceMax(Max):
    """Another word for `max`, which begins a line too: there `max(…)` is the function of static values."""

    also = ("amax",)
    samples, errors = _samples("reduce_max"), _errors("reduce_max")


@layer("reduce_min")
class ReduceMin(Min):
    """Another word for `min`, which begins a line too: there `min(…)` is the function of static values."""

    also = ("amin",)
    samples, errors = _samples("reduce_min"), _errors("reduce_min")


class Place(Layer):
    """The index of an extreme along an axis."""

    axis: int = argument(AXIS, "the axis, which goes", default=-1)

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_numbers(self.word, x)
        if not language_shape(x):
            raise ShapeError(f"{self.word} needs an axis to work on, found a single number an example")
        return self.of(b, x, b.axis(x, self.axis))

    def of(self, b: LayerBuilder, x: Value, axis: int) -> Value:
        """The index along an axis of the graph."""
        raise AssertionError("a place declares `of`")


def _place_errors(word: str) -> tuple[Wrong, ...]:
    return (
        Wrong(word, "float", code="E301", says=f"{word} needs an axis to work on, found a single number an example"),
        Wrong(f"{word}(2)", "4x5", code="E303", says="axis 2 of a value with 2 axes"),
    )


@layer("argmax")
class ArgMax(Place):
    """The index of the largest element along an axis, the last unless given; the first of equal ones. int64."""

    samples = (
        Sample("argmax", "4x5", out="4"),
        Sample("argmax(axis=0)", "[T, 3]", out="3"),
        Sample("argmax", "int 6", out="int"),
    )
    errors = _place_errors("argmax")

    def of(self, b: LayerBuilder, x: Value, axis: int) -> Value:
        return b.ArgMax(x, axis=axis)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.argmax(x, self.axis)


@layer("argmin")
class ArgMin(Place):
    """The index of the smallest element along an axis, the last unless given; the first of equal ones. int64."""

    samples = (
        Sample("argmin", "4x5", out="4"),
        Sample("argmin(axis=0)", "[T, 3]", out="3"),
        Sample("argmin", "int 6", out="int"),
    )
    errors = _place_errors("argmin")

    def of(self, b: LayerBuilder, x: Value, axis: int) -> Value:
        return b.ArgMax(b.Neg(x), axis=axis)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.argmin(x, self.axis)
