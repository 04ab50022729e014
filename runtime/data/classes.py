"""Class labels as numbers in the model's order, for training, evaluation, resuming and starting weights alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean, edit_distance
from netc.runtime.data.cards.card import TargetCard
from netc.runtime.data.dataset import Split
from netc.runtime.data.errors import finding, others
from netc.runtime.data.labels import all_whole

SHOWN_NAMES = 12
LISTED = 1000
"""Of classes without names so many are compared with a name that none of them has."""
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


def numbered(split: Split, target: TargetCard, source: str, said: tuple[str, ...] | None) -> np.ndarray:
    """The labels of a field as the model numbers its classes.

    said  the names of class 0, 1, … in this data, where it brings some

    Raises E520 for a class that the model doesn't have. Numbers are left for `check_values` to compare with the count.
    """
    values = np.asarray(split.fields[source][:])
    if values.dtype.kind == "U":
        _check_blank(split, source, values)
        found, places = np.unique(values, return_inverse=True)
        return _mapped(split, source, target, [str(name) for name in found], places.reshape(values.shape))
    if said is not None and said != target.classes:
        return _of_other_order(split, source, target, said, values)
    if target.classes is None:
        return values
    if said is None and all_whole(target.classes):
        found, places = np.unique(values, return_inverse=True)
        return _mapped(split, source, target, [_text(value) for value in found], places.reshape(values.shape))
    return values


def _of_other_order(
    split: Split, source: str, target: TargetCard, said: tuple[str, ...], values: np.ndarray
) -> np.ndarray:
    """Numbers of the data's own classes, by the names that the data gives them."""
    found, places = np.unique(values, return_inverse=True)
    in_range = [0 <= value < len(said) and value == int(value) for value in found.tolist()]
    if not all(in_range):
        row = int(np.flatnonzero(np.isin(values, found[np.logical_not(in_range)]))[0])
        known = counted(len(said), "class", "classes")
        message = f"{split.place(source, row)} is {values.reshape(-1)[row]}, where the data names {known}"
        raise DiagnosticError(finding("E505", message, help="name every class in `class_names`"))
    names = [said[int(value)] for value in found]
    return _mapped(split, source, target, names, places.reshape(values.shape))


def _mapped(split: Split, source: str, target: TargetCard, found: Sequence[str], places: np.ndarray) -> np.ndarray:
    numbers = _numbers(target, found)
    if unknown := [at for at, number in enumerate(numbers) if number is None]:
        known = _names(target)
        unused = [name for name in known if name not in found] or known
        raise DiagnosticError([_unknown(split, source, places, at, target, unused, found[at]) for at in unknown])
    made: np.ndarray = np.array(numbers, np.int64)[places]
    return made


def _numbers(target: TargetCard, found: Sequence[str]) -> list[int | None]:
    """The number of each class by its name; None for one that the model doesn't have."""
    if target.classes is not None:
        number = {name: at for at, name in enumerate(target.classes)}
        return [number.get(name) for name in found]
    return [int(name) if _NUMBER.fullmatch(name) and int(name) < (target.count or 0) else None for name in found]


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
    blank = np.flatnonzero((np.char.strip(values) == "").reshape(len(values), -1).any(axis=1))
    if len(blank):
        message = f"{split.place(source, int(blank[0]))} holds nothing, expected a class"
        help = "give the row its class, or leave it out"
        raise DiagnosticError(finding("E511", message, *others(len(blank) - 1), help=help))


def _text(value: float) -> str:
    return str(int(value)) if np.isfinite(value) and value == int(value) else str(value)
