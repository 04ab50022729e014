"""Rows of labels in their order, as ctc compares them: no blank among them, and no more than the steps can say."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from netc.compiler import LabelRowForm, size_in
from netc.grammar.counted import counted

ADVICE_FOR_BLANKS = "number the labels past the blank, and give the net a class more where they need one"
ADVICE_FOR_STEPS = "leave such rows out, give the net longer sequences, or count them as 0: `zero_infinity=true`"


def blanks(rows: np.ndarray, row: LabelRowForm) -> np.ndarray:
    """Which numbers are the blank, in front of where their row ends."""
    found: np.ndarray = _labels(rows, row) & (rows == row["blank"])
    return found


def steps_for(rows: np.ndarray, row: LabelRowForm) -> tuple[np.ndarray, np.ndarray]:
    """How many labels each row has, and how many steps say them: a blank stands between two that are equal."""
    are = _labels(rows, row)
    repeated = are[:, 1:] & (rows[:, 1:] == rows[:, :-1])
    count = are.sum(axis=1)
    return count, count + repeated.sum(axis=1)


def steps_of(row: LabelRowForm, sizes: Mapping[str, int]) -> int | None:
    """The fewest steps that have to say them, of those that are known; sizes: of open ones, by name."""
    said = row.get("steps", [])
    known = [size_in(str(steps), sizes) for steps in (said if isinstance(said, list) else [said])]
    return min((steps for steps in known if steps is not None), default=None)


def too_many(labels: int, needed: int, steps: int) -> str:
    """What is wrong with a row that the steps are too few for, behind `has`."""
    why = "" if needed == labels else f", which need {needed:,} with a blank between equal ones,"
    return f"{counted(labels, 'label')}{why} in {counted(steps, 'step')}"


def _labels(rows: np.ndarray, row: LabelRowForm) -> np.ndarray:
    found: np.ndarray = np.cumsum(rows == row["end"], axis=1) == 0
    return found
