"""Merges: several values become one. `add`, `mul`, `concat`."""

from __future__ import annotations

import re

from netc.compiler.arguments import AXIS, argument
from netc.compiler.ir import Shape, Value, format_shape
from netc.compiler.layers.base import MANY, Layer, LayerBuilder, ShapeError, language_shape, layer
from netc.compiler.net import is_batched


@layer("add")
class Add(Layer):
    """The sum of two values or more of equal shape: `add(skip)` is x + skip (He et al. 2015, arXiv:1512.03385).

    For a sum that broadcasts write `a + b`.
    """

    inputs = (2, MANY)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        _check_equal("add", x)
        total = x[0]
        for item in x[1:]:
            total = b.Add(total, item)
        return total


@layer("mul")
class Mul(Layer):
    """The product of two values or more, element by element, of equal shape: `mul(gate)`.

    For a product that broadcasts, such as a gate a channel, write `a * b`.
    """

    inputs = (2, MANY)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        _check_equal("mul", x)
        total = x[0]
        for item in x[1:]:
            total = b.Mul(total, item)
        return total


@layer("concat")
class Concat(Layer):
    """Joins two values or more along one axis, channels unless given: `[a, H, W]`, `[b, H, W]` -> `[a + b, H, W]`."""

    inputs = (2, MANY)
    axis: int = argument(AXIS, "the axis along which sizes add up", default=0)

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        _check_types("concat", x)
        b.axis(x[0], self.axis)
        first = language_shape(x[0])
        joined = self.axis % len(first)
        for at, item in enumerate(x[1:], 1):
            shape = language_shape(item)
            differ = _differences(first, shape)
            if differ is None or set(differ) - {joined}:
                rest = differ and [axis for axis in differ if axis != joined]
                raise ShapeError(
                    f"concat needs equal shapes except along axis {joined}",
                    at=at,
                    label=f"{format_shape(first)} with {format_shape(shape)}: {_say(first, shape, rest)}",
                    help=_rank_help(x[0], item) if differ is None else None,
                )
        if any(map(is_batched, x)):
            x = tuple(map(b.batched, x))
        return b.Concat(*x, axis=b.axis(x[0], self.axis))


def _check_types(word: str, x: tuple[Value, ...]) -> None:
    for at, item in enumerate(x):
        if item.dtype is not x[0].dtype:
            raise ShapeError(f"{word} needs one type, found {x[0].dtype} and {item.dtype}", at=at, code="E302")


def _check_equal(word: str, x: tuple[Value, ...]) -> None:
    _check_types(word, x)
    first = language_shape(x[0])
    sign = "+" if word == "add" else "*"
    for at, item in enumerate(x[1:], 1):
        shape = language_shape(item)
        if shape == first:
            continue
        differ = _differences(first, shape)
        raise ShapeError(
            f"{word} needs equal shapes",
            at=at,
            label=f"{format_shape(first)} {sign} {format_shape(shape)}: {_say(first, shape, differ)}",
            help=_projection(word, x[0], item) or _rank_help(x[0], item),
        )


def _differences(a: Shape, b: Shape) -> list[int] | None:
    """The axes whose sizes differ; None where the ranks do."""
    return [axis for axis in range(len(a)) if a[axis] != b[axis]] if len(a) == len(b) else None


def _say(a: Shape, b: Shape, differ: list[int] | None) -> str:
    if differ is None:
        return f"{len(a)} and {len(b)} axes"
    names = {1: ["features"], 2: ["length", "features"], 3: ["channels", "height", "width"]}.get(len(a))
    found = [names[axis] if names else f"axis {axis}" for axis in differ]
    listed = " and ".join(found) if len(found) < 3 else f"{', '.join(found[:-1])} and {found[-1]}"
    plural = len(found) > 1 or listed in ("features", "channels")
    return f"{listed} {'differ' if plural else 'differs'}"


def _projection(word: str, main: Value, other: Value) -> str | None:
    """How a 1x1 convolution makes the other value fit, where one can."""
    a = [size for size in language_shape(main) if isinstance(size, int)]
    b = [size for size in language_shape(other) if isinstance(size, int)]
    if len(a) != 3 or len(b) != 3 or main.rank != 4 or other.rank != 4:
        return None
    stride = -(-b[1] // a[1])
    if stride < 1 or any(-(-size // stride) != wanted for wanted, size in zip(a[1:], b[1:], strict=True)):
        return None
    conv = f"conv({a[0]}, 1x1" + (f", stride={stride})" if stride > 1 else ")")
    name = _name(other)
    if name is None:
        return f"project the other value first, with {conv}"
    return f"project the {name} first: {word}({name} -> {conv})"


def _name(value: Value) -> str | None:
    """The name under which the text can speak of a value: that of its layer, unless it is a counter's."""
    scope = value.origin.scope
    return scope if re.fullmatch(r"[A-Za-z_]\w*", scope) and not re.search(r"\d+$", scope) else None


def _rank_help(main: Value, other: Value) -> str | None:
    if len(language_shape(main)) == len(language_shape(other)):
        return None
    return "bring both to the same number of axes, with `flatten`, `reshape` or `global_avgpool`"
