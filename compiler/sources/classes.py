"""Parts that differ in numbers alone are one class: which numbers are its arguments, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from netc.compiler.sources.parts import MARK, OPTION, Leaf, Part, Slot

WIDTHS = frozenset((
    "in_channels", "out_channels", "in_features", "out_features", "num_features", "features", "groups",
    "filters", "units",
))  # fmt: skip
"""What is written as a multiple of another argument where it always is one; for a stride that is chance."""


@dataclass(eq=False, slots=True)
class Run:
    """Members of a list in a row that are made alike; `many` says whether how often may differ."""

    child: Leaf | Written
    count: int
    slot: int | None


@dataclass(eq=False, slots=True)
class Written:
    """A part with its lines: `holds` are members as they are made, `lines` what its forward does."""

    part: Part
    takes: list[str]
    lines: list[str]
    holds: dict[str, Leaf | Written | list[Run]]
    chained: frozenset[str]
    flat: list[Slot] = field(default_factory=list)
    offsets: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.flat = list(self.part.slots)
        for child in self.children():
            self.offsets[id(child)] = len(self.flat)
            self.flat += child.flat

    def children(self) -> list[Written]:
        """The parts that it holds, those that are made alike once."""
        found: list[Written] = []
        for held in self.holds.values():
            items = [run.child for run in held] if isinstance(held, list) else [held]
            found += [item for item in items if isinstance(item, Written)]
        return found

    def signature(self) -> Any:
        """What parts of one class have in common."""
        holds = []
        for name, held in self.holds.items():
            if isinstance(held, list):
                runs = tuple((_signature(run.child), run.slot is not None) for run in held)
                holds.append((name, name in self.chained, runs))
            else:
                holds.append((name, False, _signature(held)))
        return (self.part.word, tuple(self.takes), tuple(self.lines), tuple(holds))

    def values(self) -> tuple[Any, ...]:
        """All numbers in it."""
        return tuple(slot.value for slot in self.flat)


def _signature(held: Leaf | Written) -> Any:
    return held.made if isinstance(held, Leaf) else held.signature()


@dataclass(eq=False, slots=True)
class Class:
    """Parts that are written once. `arguments` by name, each with the column of `flat` that it is."""

    name: str
    parts: list[Written]
    arguments: dict[str, int]
    said: dict[int, str]

    @property
    def first(self) -> Written:
        """The one whose text is written."""
        return self.parts[0]

    def column(self, at: int) -> str:
        """What is written for a number: itself, or the argument."""
        return self.said.get(at) or literal(self.first.flat[at].value)


def literal(value: Any) -> str:
    """A number, word or list in Python; a list of equal numbers stays one."""
    if isinstance(value, float):
        return repr(value).replace("inf", 'float("inf")') if value in (float("inf"), float("-inf")) else repr(value)
    return f'"{value}"' if type(value) is str else repr(value)


def classes(root: Written, name: str) -> dict[int, Class]:
    """The class of every part by its identity, in the order in which they are to be written."""
    groups: dict[Any, list[Written]] = {}
    _gather(root, groups, {})
    names = {name: 1}
    found: dict[int, Class] = {}
    for parts in groups.values():
        wanted, count = name, 1
        if parts[0] is not root:
            wanted = class_name(parts[0].part)
            names[wanted] = count = names.get(wanted, 0) + 1
        made = _class(wanted if count == 1 else f"{wanted}{count}", parts)
        found.update({id(part): made for part in parts})
    return found


def _gather(part: Written, groups: dict[Any, list[Written]], _: Any) -> None:
    for child in part.children():
        _gather(child, groups, _)
    groups.setdefault(part.signature(), []).append(part)


def class_name(part: Part) -> str:
    """`Bottleneck` for a block, the name of its place for what has no word of its own."""
    word = part.word
    if word in ("chain", "for", "repeat", "pass", "if", "merge", "branch", "scan", "add", "concat", "mul"):
        word = next((piece for piece in reversed(part.key.split(".")) if not piece.isdigit()), word)
    return "".join(piece[:1].upper() + piece[1:] for piece in word.split("_"))


def _class(name: str, parts: Sequence[Written]) -> Class:
    columns = list(zip(*(part.values() for part in parts), strict=True))
    by_values: dict[Any, str] = {}
    arguments: dict[str, int] = {}
    said: dict[int, str] = {}
    free = [at for at, column in enumerate(columns) if any(value != column[0] for value in column)]
    given = {
        argument: tuple(_plain(part.part.arguments.get(argument)) for part in parts)
        for argument in parts[0].part.arguments
    }
    free.sort(key=lambda at: _rank(tuple(map(_plain, columns[at])), given))
    for at in free:
        column = tuple(map(_plain, columns[at]))
        if column not in by_values:
            called = next((name for name, values in given.items() if values == column), None)
            label = parts[0].flat[at].label
            called = called or (_multiple(column, by_values) if label in WIDTHS else None) or label
            if called.isidentifier():
                called = _unused(parts[0].part.names.attribute(called), arguments)
                arguments[called] = at
            by_values[column] = called
        said[at] = by_values[column]
    return Class(name, list(parts), arguments, said)


def _rank(column: tuple[Any, ...], given: dict[str, tuple[Any, ...]]) -> int:
    return next((at for at, values in enumerate(given.values()) if values == column), len(given))


def _multiple(column: tuple[Any, ...], known: dict[Any, str]) -> str | None:
    """`4 * filters` where a number always is that."""
    if not all(type(value) is int for value in column):
        return None
    for other, name in known.items():
        if name.isidentifier() and all(type(value) is int and value > 0 for value in other):
            share = column[0] / other[0]
            if share in (2, 3, 4, 6, 8) and all(a == share * b for a, b in zip(column, other, strict=True)):
                return f"{int(share)} * {name}"
            if share in (1 / 2, 1 / 4) and all(a * round(1 / share) == b for a, b in zip(column, other, strict=True)):
                return f"{name} // {round(1 / share)}"
    return None


def _plain(value: Any) -> Any:
    """A list of equal numbers is that number, as layers take it."""
    if isinstance(value, tuple | list) and value and all(item == value[0] for item in value):
        return value[0]
    return tuple(value) if isinstance(value, list) else value


def _unused(name: str, taken: dict[str, int]) -> str:
    at = 2
    wanted = name
    while wanted in taken:
        wanted, at = f"{name}{at}", at + 1
    return wanted


def filled(text: str, made: Class, offset: int = 0, *, running: bool = False) -> str:
    """A text with numbers or arguments for its marks; in what runs an argument is `self.NAME`."""

    def word(found: Any) -> str:
        at = offset + int(found.group(1))
        said = made.column(at)
        if not running or at not in made.said:
            return said
        own = re.sub(r"[^\W\d]\w*", r"self.\g<0>", said)
        return own if own.startswith("self.") and " " not in own else f"({own})"

    def option(found: Any) -> str:
        shown = MARK.sub(word, found.group(1))
        return "" if shown.partition("=")[2] == found.group(2) else shown

    return MARK.sub(word, OPTION.sub(option, text))
