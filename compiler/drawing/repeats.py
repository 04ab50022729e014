"""Which passes of a loop are drawn once: those in a row that apply the same layers in the same way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.drawing.wiring import Source, Wiring


@dataclass(slots=True)
class _Pass:
    """A pass: its layers, and what it is made of apart from what flows into it.

    structure  what is applied, with all arguments;  outline: the same without numbers, and the shapes of what it gives
    """

    layers: list[LayerInstance]
    structure: list[Any]
    outline: list[Any]

    def like(self, other: _Pass) -> bool:
        """Whether both are drawn as one: numbers may differ where what they give has one shape (`dilation 1…512`)."""
        return bool(self.layers) and (self.structure == other.structure or self.outline == other.outline)


def runs(passes: Sequence[Applied], wiring: Wiring, state: Callable[[LayerInstance], Any]) -> list[list[Applied]]:
    """The passes of a loop, those that are drawn once together.

    Passes fold where layers, their arguments and wiring are the same. Shapes may differ, as where channels grow; or
    numbers among the arguments, as where dilations do, if all passes give the same shapes. What carries on from a pass
    into the next one is what loops do; a pass that reads others than the last isn't folded.
    """
    known = [_pass(item, state) for item in passes]
    place = {layer: (at, number) for at, one in enumerate(known) for number, layer in enumerate(one.layers)}
    found: list[list[Applied]] = []
    first = 0
    begins: list[list[str]] = []
    before: list[list[str]] = []
    for at, item in enumerate(passes):
        reads = _reads(known[at], place, wiring, first, at)
        if at > 0 and known[at].like(known[first]) and _goes_on(reads, before, begins):
            found[-1].append(item)
            before = reads
        else:
            found.append([item])
            first, before = at, []
            begins = _reads(known[at], place, wiring, first, at)
    return found


def _goes_on(reads: list[list[str]], before: list[list[str]], begins: list[list[str]]) -> bool:
    """Whether a pass reads as the one before it in its run does, or as the first one, which has none before it."""
    if any(FAR in places for places in reads):
        return False
    if before:
        return reads == before
    return all(
        len(mine) == len(first)
        and all(a == b or (b == OUTSIDE and a[0] == BEFORE) for a, b in zip(mine, first, strict=True))
        for mine, first in zip(reads, begins, strict=True)
    )


OUTSIDE, FAR, BEFORE = "outside", "far", "<"


def _reads(
    one: _Pass, place: dict[LayerInstance, tuple[int, int]], wiring: Wiring, first: int, at: int
) -> list[list[str]]:
    """For each layer of a pass where the values that it reads are made.

    `3.0`: by layer 3 of the pass itself, as its first output; `<3.0`: by that of the pass before it; OUTSIDE: before
    the run that begins with pass `first`, or outside of the loop; FAR: by an earlier pass of the run.
    """

    def where(source: Source) -> str:
        maker = source.maker
        if not isinstance(maker, LayerInstance) or maker not in place or place[maker][0] < first:
            return OUTSIDE
        made, number = place[maker]
        name = f"{number}.{maker.outputs.index(source.value)}"
        return name if made == at else f"{BEFORE}{name}" if made == at - 1 else FAR

    return [[where(source) for source in wiring.sources(layer)] for layer in one.layers]


def _pass(item: Applied, state: Callable[[LayerInstance], Any]) -> _Pass:
    layers = [item] if isinstance(item, LayerInstance) else item.layers()
    structure: list[Any] = []
    stack: list[tuple[Applied, int]] = [(item, 0)]
    while stack:
        one, level = stack.pop()
        if isinstance(one, Application):
            structure.append((level, one.kind, "" if one.kind is Kind.PASS else one.word))
            stack.extend((child, level + 1) for child in reversed(one.children))
        else:
            structure.append((level, one.word, len(one.outputs), state(one), arguments(one)))
    shapes = [value.shape for value in item.outputs]
    return _Pass(layers, structure, [[NUMBER.sub("0", str(part)) for part in structure], shapes])


NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?")


def arguments(layer: LayerInstance) -> tuple[tuple[str, str], ...]:
    """The arguments that a layer was given or has by default, as texts that are equal where they mean the same."""
    settings = {} if layer.layer is None else layer.layer.settings()
    return tuple((name, same(value)) for name, value in settings.items())


def same(value: Any) -> str:
    """A text of a static value; layers and declarations by their word and their own arguments, tensors as such."""
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(same, value)) + "]"
    if value is None or isinstance(value, (str, int, float, bool)):
        return repr(value)
    bound, settings = getattr(value, "bound", None), getattr(value, "settings", None)
    given = settings() if callable(settings) else bound.values if bound is not None else {}
    inner = ", ".join(f"{name}={same(item)}" for name, item in given.items())
    return f"{getattr(value, 'word', type(value).__name__)}({inner})"
