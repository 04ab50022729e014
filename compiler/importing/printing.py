"""Calls as the text that a person would have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from netc.compiler.importing.calls import Borrowed, Call
from netc.compiler.ir import Dim, Value
from netc.compiler.layers.base import layer

WIDTH = 120

EXTENTS = ("kernel", "size", "shape")
"""Arguments that are written as sizes: `3x3`."""

BY_PLACE = {
    "slice": 2,
    "upsample": 1,
    "dropout": 1,
    "leaky_relu": 1,
    "elu": 1,
    "celu": 1,
    "softshrink": 1,
    "where": 0,
    "spatial_dropout": 1,
    "transpose": 1,
    "lrn": 1,
    "hardtanh": 2,
    "crop": 1,
}
"""How many arguments with a default go without their names, where that reads as it should."""


class Code(str):
    """Text that stands for itself: the name of an argument of a block, `64 * 2**i`."""

    __slots__ = ()


class Quoted(str):
    """A text that is written in quotes."""

    __slots__ = ()


def literal(value: Any, extent: bool = False) -> str:
    """A static value as text."""
    if isinstance(value, Code | Borrowed):
        return str(value)
    if isinstance(value, Quoted):
        return json.dumps(str(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, tuple | list):
        if (
            extent
            and len(value) > 1
            and all(isinstance(item, int) and not isinstance(item, bool) and item > 0 for item in value)
        ):
            return "x".join(map(str, value))
        return f"[{', '.join(literal(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:.7g}" if value != int(value) or abs(value) > 1e15 else f"{value:.1f}"
    if isinstance(value, Dim):
        return str(value)
    return f"{value:_}" if isinstance(value, int) and abs(value) >= 100_000 else str(value)


@cache
def _places(word: str) -> tuple[str, ...]:
    """Which arguments of a layer go by their place."""
    known = layer.all()[word]
    if known.inputs[1] > 1:
        return ()
    names = [name for name, spec in known.arguments.items() if not spec.by_name]
    required = [name for name in names if known.arguments[name].required]
    return tuple(names[: max(len(required), BY_PLACE.get(word, 0))])


def arguments_text(
    call: Call, names: Mapping[Value, str], act: str | None = None, tensors: tuple[str, ...] = ()
) -> str:
    """What stands in the parentheses of a layer."""
    known = layer.all()[call.word].arguments
    order = [name for name in known if name in call.arguments] + [name for name in call.arguments if name not in known]
    leading = [literal(call.arguments[name]) for name in order if name in known and known[name].leading]
    parts, placed = [*leading, *tensors], True
    for name in order[len(leading) :]:
        value = call.arguments[name]
        text = names[value] if isinstance(value, Value) else literal(value, name in EXTENTS)
        places = _places(call.word)
        placed = placed and name in places and places.index(name) == len(parts)
        parts.append(text if placed else f"{name}={text}")
    if act is not None:
        parts.append(f"act={act}")
    return ", ".join(parts)


def layer_text(call: Call, names: Mapping[Value, str], act: Call | None = None, tensors: tuple[str, ...] = ()) -> str:
    """A layer with its arguments: `conv(64, 3x3, pad=1, act=relu)`; one that is made elsewhere by its name."""
    if call.tie is not None:
        return call.tie.name
    return made_text(call, names, act, tensors)


def made_text(call: Call, names: Mapping[Value, str], act: Call | None = None, tensors: tuple[str, ...] = ()) -> str:
    """A layer where it is made."""
    inner = arguments_text(call, names, None if act is None else layer_text(act, names), tensors)
    return f"{call.word}({inner})" if inner else call.word
