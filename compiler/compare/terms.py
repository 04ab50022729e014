"""The sum that leads from one number of parameters to another, and its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netc.compiler.applications import Application
from netc.compiler.compare.difference import Match, Status
from netc.compiler.compare.layers import Layer
from netc.compiler.ir import format_shape

WEIGHTLESS = frozenset(("act", "pad", "stride", "dilation", "epsilon", "momentum", "ceil", "count_pad"))
"""Arguments that change no weight: not told where another one does."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Neighbours that came or went together, or one layer.

    name     a part of the text that is there no more, or is new; else a layer
    word     what it is
    """

    name: str
    word: str
    status: Status
    matches: tuple[Match, ...]
    whole: bool

    @property
    def params(self) -> int:
        """What it adds to the number of parameters."""
        return sum(match.params for match in self.matches)


@dataclass(frozen=True, slots=True)
class Term:
    """One summand: so many parameters more (or fewer), and why."""

    params: int
    reason: str
    units: tuple[Unit, ...]


def units(matches: Sequence[Match]) -> list[Unit]:
    """Layers that came or went, by the largest parts of the text of which nothing is left; the others each alone."""
    found: list[Unit] = []
    left = _left(matches)
    at = 0
    while at < len(matches):
        match = matches[at]
        layer = _alone(match)
        part = _part(layer, left) if layer else None
        if layer is None or part is None:
            word, name = _called(match)
            found.append(Unit(name, word, match.status, (match,), False))
            at += 1
            continue
        end = at
        while end < len(matches) and (one := _alone(matches[end])) and part in one.blocks:
            end += 1
        found.append(Unit(part.path, part.word, match.status, tuple(matches[at:end]), True))
        at = end
    return found


def terms(matches: Sequence[Match]) -> list[Term]:
    """The summands, in the order in which the networks run; those with one reason are one. They add up exactly."""
    groups: dict[object, list[Unit]] = {}
    for unit in units(matches):
        if unit.params:
            groups.setdefault(_reason_key(unit), []).append(unit)
    return [Term(sum(unit.params for unit in group), _reason(group), tuple(group)) for group in groups.values()]


def _alone(match: Match) -> Layer | None:
    """The layer of a match that has no partner."""
    if match.before is not None and match.after is not None:
        return None
    return match.before or match.after


def _left(matches: Sequence[Match]) -> Counter[Application]:
    """How many layers of each part have a partner."""
    left: Counter[Application] = Counter()
    for match in matches:
        if match.before is not None and match.after is not None:
            left.update((*match.before.blocks, *match.after.blocks))
    return left


def _part(layer: Layer, left: Counter[Application]) -> Application | None:
    """The largest part around a layer of which no layer has a partner."""
    return next((part for part in layer.blocks[1:] if part not in left), None)


def _called(match: Match) -> tuple[str, str]:
    before, after = match.before, match.after
    if before is None or after is None:
        one = before or after
        assert one is not None
        return one.word, one.path
    word = before.word if before.word == after.word else f"{before.word} → {after.word}"
    return word, before.path if before.path == after.path else f"{before.path} → {after.path}"


def _around(match: Match) -> str:
    """The nearest block or net around a layer, for those that come of one text."""
    layer = match.after or match.before
    assert layer is not None
    named = [part.word for part in layer.blocks[1:] if part.word != part.kind]
    return named[-1] if named else ""


def _reason_key(unit: Unit) -> object:
    first = unit.matches[0]
    if unit.whole:
        return unit.status, unit.word
    if unit.status in (Status.ADDED, Status.REMOVED):
        around = _around(first)
        return (unit.status, unit.word, around) if around else (unit.status, unit.name)
    return (unit.status, unit.word, _around(first), tuple(first.arguments)) if _around(first) else unit.name


def _reason(group: Sequence[Unit]) -> str:
    unit = group[0]
    names = _names(item.name for item in group)
    times = f"{len(group)} × " if len(group) > 1 else ""
    each = f", {abs(unit.params):,} each" if len(group) > 1 and len({item.params for item in group}) == 1 else ""
    if unit.status in (Status.ADDED, Status.REMOVED):
        around = _around(unit.matches[0])
        inside = f" of {around}" if around and not unit.whole else ""
        return f"{unit.status} {times}{unit.word}{inside}{each}: {names}"
    return f"{times}{unit.word}{each}: {names}: {what_differs(unit.matches[0])}"


def what_differs(match: Match) -> str:
    """How a layer that is in both differs: its kind, arguments, what flows in, its weights, its shape."""
    before, after = match.before, match.after
    assert before is not None
    assert after is not None
    parts = [] if before.word == after.word else [f"{before.word} → {after.word}"]
    if before.word == after.word:
        told = {name: both for name, both in match.arguments.items() if name not in WEIGHTLESS} or match.arguments
        parts = [f"{name} {_short(old)} → {_short(new)}" for name, (old, new) in told.items()]
    old, new = (layer.instance.inputs[0].shape[1:] if layer.instance.inputs else () for layer in (before, after))
    if not parts and old != new:
        parts.append(f"input {format_shape(old)} → {format_shape(new)}")
    if not parts and before.weights != after.weights:
        parts.append("its weights are of another shape")
    if not parts and before.params != after.params:
        parts.append("its weights are another layer's too")
    if not parts:
        parts.append(f"{format_shape(before.shape)} → {format_shape(after.shape)}")
    return ", ".join(parts)


def _short(value: str | None) -> str:
    text = "none" if value is None else value
    return text if len(text) <= 32 else f"{text[:30]}…"


def _names(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known) if len(known) <= 4 else f"{known[0]}, {known[1]} … {known[-1]}"
