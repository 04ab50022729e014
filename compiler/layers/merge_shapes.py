"""Whether the shapes of values that merge fit together, and what helps where they don't."""

from __future__ import annotations

import re

from netc.compiler.ir import Shape, Value, format_shape
from netc.compiler.layers.base import LayerBuilder, ShapeError, language_shape
from netc.compiler.ops.checks import ONE_TYPE
from netc.grammar.counted import counted


def check_types(word: str, x: tuple[Value, ...]) -> None:
    """Refuse values of several element types; raises ShapeError E302."""
    for at, item in enumerate(x):
        if item.dtype is not x[0].dtype:
            message = f"{word} needs one type, found {x[0].dtype} and {item.dtype}"
            raise ShapeError(message, at=at, help=ONE_TYPE, code="E302")


def check_equal(word: str, x: tuple[Value, ...]) -> None:
    """Refuse values of several types or shapes; raises ShapeError."""
    check_types(word, x)
    first = language_shape(x[0])
    for at, item in enumerate(x[1:], 1):
        shape = language_shape(item)
        if shape == first:
            continue
        differ = differences(first, shape)
        raise ShapeError(
            f"{word} needs equal shapes",
            at=at,
            label=f"{format_shape(first)} + {format_shape(shape)}: {say(first, shape, differ)}",
            help=_projection(word, x[0], item) or rank_help(x[0], item) or size_help(first, differ),
        )


def as_gate(b: LayerBuilder, x: Value, rank: int) -> Value:
    """A vector [C] as [C, 1, …] of `rank` axes; everything else as it is."""
    if len(language_shape(x)) != 1:
        return x
    return b.Reshape(x, shape=(*x.shape, *(1 for _ in range(rank - 1))))


def check_broadcast(a: Shape, b: Shape, at: int) -> None:
    """Refuse sizes that differ where neither is 1, for a product; raises ShapeError."""
    differ = differences(a, b)
    clash = differ and [axis for axis in differ if 1 not in (a[axis], b[axis])]
    if clash == []:
        return
    raise ShapeError(
        "mul needs shapes that fit together",
        at=at,
        label=f"{format_shape(a)} * {format_shape(b)}: {say(a, b, clash)}",
        help="give both the same shape, or one of them the size 1 where it is repeated",
    )


def differences(a: Shape, b: Shape) -> list[int] | None:
    """The axes whose sizes differ; None where the ranks do."""
    return [axis for axis in range(len(a)) if a[axis] != b[axis]] if len(a) == len(b) else None


def say(a: Shape, b: Shape, differ: list[int] | None) -> str:
    """The axes that differ, in words: "channels and height differ"."""
    if differ is None:
        return f"{len(a)} and {counted(len(b), 'axis', 'axes')}"
    names = {1: ["features"], 2: ["length", "features"], 3: ["channels", "height", "width"]}.get(len(a))
    found = [names[axis] if names else f"axis {axis}" for axis in differ]
    listed = " and ".join(found) if len(found) < 3 else f"{', '.join(found[:-1])} and {found[-1]}"
    plural = len(found) > 1 or listed in ("features", "channels")
    return f"{listed} {'differ' if plural else 'differs'}"


def _projection(word: str, main: Value, other: Value) -> str | None:
    """How a 1x1 convolution makes one value fit the other, where one can."""
    conv = _projecting(other, main)
    if conv is not None:
        name = _name(other)
        return f"project the {name} first: {word}({name} -> {conv})" if name else f"project the other value with {conv}"
    conv = _projecting(main, other)
    return f"project the first value with {conv}" if conv is not None else None


def _projecting(value: Value, wanted: Value) -> str | None:
    """The 1x1 convolution from one map to the shape of another."""
    a = [size for size in language_shape(value) if isinstance(size, int)]
    b = [size for size in language_shape(wanted) if isinstance(size, int)]
    if len(a) != 3 or len(b) != 3 or value.rank != 4 or wanted.rank != 4:
        return None
    stride = -(-a[1] // b[1])
    if any(-(-size // stride) != target for size, target in zip(a[1:], b[1:], strict=True)):
        return None
    return f"conv({b[0]}, 1x1" + (f", stride={stride})" if stride > 1 else ")")


def _name(value: Value) -> str | None:
    """The name under which the text can speak of a value: that of its layer, unless it is a counter's."""
    scope = value.origin.scope
    return scope if re.fullmatch(r"[A-Za-z_]\w*", scope) and not re.search(r"\d+$", scope) else None


def size_help(shape: Shape, differ: list[int] | None) -> str | None:
    """How maps come to equal heights and widths."""
    if differ == [0 if len(shape) > 2 else len(shape) - 1]:
        return f"give both the same number of {'channels' if len(shape) > 2 else 'features'}"
    if len(shape) != 3 or not differ or 0 in differ:
        return None
    return "keep the sizes equal with `pad=same` and equal strides, or cut the larger one with `slice`"


def rank_help(main: Value, other: Value) -> str | None:
    """How values come to equal numbers of axes, where theirs differ."""
    if len(language_shape(main)) == len(language_shape(other)):
        return None
    return "bring both to the same number of axes, with `flatten`, `reshape` or `global_avgpool`"
