"""What operators are in PyTorch, a family a file: expressions of the names of their inputs."""

from __future__ import annotations

from netc.compiler.sources.pytorch.functions import numbers, reductions, sequences, shapes, windows
from netc.compiler.sources.pytorch.functions.elementwise import TEXTS
from netc.compiler.sources.words import Words

FAMILIES = (numbers, reductions, shapes, windows, sequences)
WORDS = Words(TEXTS, {operator: written for family in FAMILIES for operator, written in family.FUNCTIONS.items()})
