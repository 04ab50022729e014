"""Class labels as numbers in the model's order, for training, evaluation, resuming and starting weights alike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean, edit_distance
from netc.runtime.data.cards.card import TargetCard
from netc.runtime.data.dataset import Split
from netc.runtime.data.errors import finding, others
from netc.runtime.data.labels import called, holds_text, numbers_among, written

SHOWN_NAMES = 12
LISTED = 1000
"""Of classes without names so many are compared with a name that none of them has."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def numbered(
    split: Split, target: TargetCard, source: str, said: tuple[str, ...] | None, ignored: int | None = None
) -> np.ndarray:
    """The labels of a field as the model numbers its classes.

    said     the names of class 0, 1, … in this data, where it brings some
    ignored  the label that a loss passes over: it stays as it is, unless it is a class by the data's own names

    Numbers without names are classes by name where a class of the model is called by a number; else they are left for
    `check_values` to compare with the count. Raises E520 for a class that the model doesn't have, E505 for a number
    past the names of this data.
    """
    values = np.asarray(split.fields[source][:])
    if holds_text(values):
        _check_blank(split, source, values)
        return _mapped(split, source, target, *_distinct(values, str), ignored)
    if said is not None:
        _check_named(split, source, said, values, ignored)
        if said == target.classes or (values != np.rint(values)).any():
            return values  # what is not whole is for `check_values` too
        named = lambda value: said[int(value)] if 0 <= value < len(said) else None
        return _mapped(split, source, target, *_distinct(values, named), ignored)
    if numbers := numbers_among(target.classes or ()):
        named = lambda value: None if value == ignored and value not in numbers else called(value, numbers)
        return _mapped(split, source, target, *_distinct(values, named), ignored)
    return values


def _check_named(split: Split, source: str, said: tuple[str, ...], values: np.ndarray, ignored: int | None) -> None:
    """Raise E505 for labels that the data's own names have no class for."""
    wrong = np.flatnonzero(((values < 0) | (values >= len(said))) & (values != ignored))
    if not len(wrong):
        return
    rows = np.unique(wrong // values[0].size)
    found = written(values.reshape(-1)[wrong[0]])
    known = counted(len(said), "class", "classes")
    message = f"{split.place(source, int(rows[0]))} is {found}, where the data names {known}"
    help = f"name every class of the data, or let the loss pass over what is none: `ignore_index={found}`"
    raise DiagnosticError(finding("E505", message, *others(len(rows) - 1), help=help))


def _distinct(values: np.ndarray, name: Callable[[Any], str | None]) -> tuple[list[str | None], np.ndarray]:
    """The classes that occur, by name, and which of them each label is; None for the label that is ignored."""
    found, places = np.unique(values, return_inverse=True)
    return [name(value) for value in found.tolist()], places.reshape(values.shape)


def _mapped(
    split: Split,
    source: str,
    target: TargetCard,
    found: Sequence[str | None],
    places: np.ndarray,
    ignored: int | None,
) -> np.ndarray:
    numbers = _numbers(target, found, ignored)
    if unknown := [(at, name) for at, name in enumerate(found) if name is not None and numbers[at] is None]:
        known = _names(target)
        unused = [name for name in known if name not in found] or known
        raise DiagnosticError([_unknown(split, source, places, at, target, unused, name) for at, name in unknown])
    made: np.ndarray = np.array(numbers, np.int64)[places]
    return made


def _numbers(target: TargetCard, found: Sequence[str | None], ignored: int | None) -> list[int | None]:
    """The number of each class by its name, None for one that the model doesn't have; of no name the ignored one."""
    if target.classes is not None:
        number = {name: at for at, name in enumerate(target.classes)}
        return [ignored if name is None else number.get(name) for name in found]
    count = target.count or 0
    whole = [None if name is None else int(name) if _NUMBER.fullmatch(name) else count for name in found]
    return [ignored if number is None else number if number < count else None for number in whole]


def _names(target: TargetCard) -> tuple[str, ...]:
    """What the classes are called, the first ones of those that have numbers alone."""
    return tuple(map(str, range(min(target.count or 0, LISTED)))) if target.classes is None else target.classes


def _unknown(
    split: Split, source: str, places: np.ndarray, at: int, target: TargetCard, unused: Sequence[str], name: str
) -> Diagnostic:
    known = _names(target)
    many = target.count or 0 if target.classes is None else len(known)
    rows = np.flatnonzero((places == at).reshape(len(places), -1).any(axis=1))
    listed = ", ".join(known[:SHOWN_NAMES]) + (", …" if many > SHOWN_NAMES else "")
    near = did_you_mean(name, known) or f"the nearest is `{_nearest(name, unused)}`; call the class as the model does"
    return finding(
        "E520",
        f"{split.place(source, int(rows[0]))} is class `{name}`, which the model doesn't have",
        f"its {counted(many, 'class', 'classes')} are {listed}",
        *others(len(rows) - 1),
        help=near,
    )


def _nearest(name: str, known: Sequence[str]) -> str:
    return min(known, key=lambda other: edit_distance(name.lower(), other.lower()), default="")


def _check_blank(split: Split, source: str, values: np.ndarray) -> None:
    rows = values.reshape(len(values), math.prod(values.shape[1:])).tolist()
    blank = [row for row, texts in enumerate(rows) if not all(map(str.strip, texts))]
    if blank:
        message = f"{split.place(source, blank[0])} holds nothing, expected a class"
        help = "give the row its class, or leave it out"
        raise DiagnosticError(finding("E511", message, *others(len(blank) - 1), help=help))
