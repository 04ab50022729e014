"""What stands between two neighbours on a line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netc.grammar.layout.pieces import Bracket, Leaf, Piece

TIGHT = frozenset(("DOT", "NEGATIVE"))
"""What has no space behind it."""


def between(left: Piece, right: Piece) -> str:
    """A space or none; `..` and `**` are `operator`'s."""
    if isinstance(right, Bracket) and right.calls:
        return ""
    if left.last.kind in TIGHT or right.first.kind in ("DOT", "COMMA", "COLON"):
        return ""
    return " "


def around(operator: Leaf, left: Sequence[Piece], right: Sequence[Piece]) -> str:
    """The space on both sides of an operator: none around `..` and `**` between names and numbers, as in `2**i`."""
    if operator.kind == "RANGE":
        return "" if _is_tight(left) and _is_tight(right) else " "
    if operator.kind == "POWER":
        return "" if _is_simple(left) and _is_simple(right) else " "
    return " "


def _is_tight(pieces: Sequence[Piece]) -> bool:
    """Whether there is no space in an operand."""
    return all(between(left, right) == "" for left, right in pairwise(pieces))


def _is_simple(pieces: Sequence[Piece]) -> bool:
    """A number, a name or a path of names, with a sign or without."""
    return _is_tight(pieces) and all(isinstance(piece, Leaf) for piece in pieces)
