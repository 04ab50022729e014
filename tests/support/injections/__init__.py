"""Mistakes injected into every example, and what the checker says about them.

A mutation is one mistake, made by a rule from a file that has no findings: `original.py` is that file, and the rooms
beside it hold the rules, by what they change. It is a mistake by the way it is made, before the checker is asked: a
word that nothing is called, a kernel of twice the map, a number in the place of a truth. What could be meant is not
injected: two numbers are not swapped, a sum's branches aren't changed where both come from one line, a comma is not
taken from in front of a minus. So whatever the checker is silent about counts as a miss. `judge.py` asks, and
`python -m tests.support.injections` prints the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.support.injections import foreign, shapes, signs, structure, values, words
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

ROOT = Path(__file__).resolve().parents[3]
RULES = (
    words.layers, words.arguments, words.enum_words, values.wrong_kind, shapes.kernels, shapes.residuals,
    shapes.flattens, words.skips, signs.braces, signs.commas, words.keywords, structure.cycles, structure.recursion,
    values.by_zero, values.negative, values.repeats, structure.labels, words.twice, values.swapped, foreign.keras,
    foreign.pytorch,
)  # fmt: skip


def examples() -> list[Path]:
    """Every example file."""
    return sorted((ROOT / "examples").rglob("*.net"))


def mutations(original: Original) -> Iterator[Mutation]:
    """Every mistake that is injected into a file."""
    for rule in RULES:
        yield from rule(original)
