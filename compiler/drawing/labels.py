"""What is written into boxes and frames: a layer with its main arguments, its weights, names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.declare.arguments import ArgumentSpec, ArgumentType, Optional_
from netc.compiler.declare.extents import Extent, Sizes
from netc.compiler.ir import Size, Value, language_shape

QUIET = frozenset((
    "bias", "bias_init", "init", "l1", "l2", "pad", "epsilon", "momentum", "scale", "shift", "from", "connections",
    "recurrent_init", "weight", "std", "value",
))  # fmt: skip
"""Arguments that aren't worth their place in a drawing: they change neither shapes nor what a layer is."""

LONGEST = 40
"""Characters of a line in a box; what is longer is cut, and stands in full among its facts."""


def family(layer: LayerInstance) -> str:
    """The folder of the layer's declaration: `convolution`; `arithmetic` for that of tensors."""
    if layer.layer is None:
        return "sequences" if layer.word == "scan" else "arithmetic"
    return type(layer.layer).__module__.removeprefix("netc.compiler.layers.").split(".")[0]


def title_and_notes(twins: Sequence[LayerInstance]) -> tuple[str, list[str]]:
    """`conv 64, 3x3` and its other arguments: `stride 2`, `relu`; with the numbers of all passes, `dilation 1…512`.

    A default isn't said.
    """
    layer = twins[0].layer
    if layer is None:
        return twins[0].word, []
    main: list[str] = []
    notes: list[str] = []
    for name, spec in layer.arguments.items():
        values = [getattr(twin.layer, spec.attribute) for twin in twins]
        plain = all(value is None or value == spec.default for value in values)
        if any(isinstance(value, Value) for value in values):
            continue
        if spec.required or (not main and not plain and isinstance(values[0], float) and name not in QUIET):
            main.append(alike([shown(value, spec.type) for value in values]))
        elif name not in QUIET and not plain:
            notes.append(alike([_note(name, value, spec) for value in values]))
    return cut(f"{twins[0].word} {', '.join(main)}".strip()), notes


def _note(name: str, value: Any, spec: ArgumentSpec) -> str:
    if value is True:
        return name
    text = shown(value, spec.type)
    return text if hasattr(value, "word") else f"{name} {text}"


def shown(value: Any, type: ArgumentType) -> str:
    """An argument's value as the text has it, in short: `3x3`, `0.5`, `relu`, `[1, 2]`."""
    if isinstance(type, Optional_):
        return shown(value, type.inner)
    if isinstance(value, (list, tuple)):
        parts = [shown(item, type) for item in value]
        sizes = isinstance(type, (Extent, Sizes)) and len(parts) > 1
        return "x".join(parts) if sizes else parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(getattr(value, "word", value))


def cut(text: str) -> str:
    """A line that isn't too long."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def own_name(path: str, word: str) -> str:
    """What the text calls something, with the number of its place in a list; "" where it is called after its word."""
    name = last_name(path)
    return "" if re.fullmatch(rf"{re.escape(word)}\d+", name) else name


def last_name(path: str) -> str:
    """`layer.3` for `stage.0.layer.3`: the last name of a path with the numbers behind it."""
    names = path.split(".")
    at = next((at for at in reversed(range(len(names))) if not names[at].isdigit()), 0)
    return ".".join(names[at:])


def spread_name(first: str, last: str) -> str:
    """`layer.1…35` for the passes from `layer.1` to `layer.35`; the first where they differ otherwise."""
    match = re.fullmatch(r"(.*?)(\d+)", first)
    other = re.fullmatch(r"(.*?)(\d+)", last)
    if match is None or other is None or match[1] != other[1] or match[2] == other[2]:
        return first
    return f"{first}…{other[2]}"


def alike(texts: Iterable[str]) -> str:
    """Texts that differ in numbers as one, `dilation 1…512`; the first of them, where they differ otherwise."""
    found = [NUMBER.split(text) for text in dict.fromkeys(texts)]
    first = found[0]
    if any(len(one) != len(first) or one[::2] != first[::2] for one in found):
        return "".join(first)
    return "".join(part if at % 2 == 0 else _range([one[at] for one in found]) for at, part in enumerate(first))


NUMBER = re.compile(r"(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)")


def _range(numbers: Sequence[str]) -> str:
    """From the first to the last, or from the least to the largest where they go up and down."""
    values = [float(number.replace(",", "")) for number in numbers]
    order = sorted(range(len(values)), key=values.__getitem__)
    steady = values == sorted(values) or values == sorted(values, reverse=True)
    first, last = (numbers[0], numbers[-1]) if steady else (numbers[order[0]], numbers[order[-1]])
    return first if first == last else f"{first}…{last}"


def shape_of(values: Sequence[Value]) -> str:
    """The shape of a value in all passes of a loop: `64…224x56x56`; a single number is a "scalar"."""
    return alike("x".join(map(_size, language_shape(value))) or "scalar" for value in values)


def _size(size: Size) -> str:
    text = str(size)
    return text if text.isalnum() else f"({text})"


def brief(number: Size) -> str:
    """`4.1 G`, `25.6 M`; a symbolic number as it is."""
    if not isinstance(number, int):
        return str(number)
    for unit, size in (("T", 10**12), ("G", 10**9), ("M", 10**6)):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,}"
