"""The way out where an argument's value is of the wrong kind: what was meant, where the value itself shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, ArgumentType
from netc.compiler.elaborate.values import POISON, is_number
from netc.grammar import ast
from netc.grammar.diagnostics import Edit, Fix, did_you_mean
from netc.grammar.literals import NUMBER, SHAPE, LiteralError, number

Other = tuple[ArgumentType, ast.Expression, Any]
"""Another argument of the call that is given by its place: its type, how it is written, and its value."""


def way_out(
    type: ArgumentType, node: ast.Expression, value: Any, written: str, known: str | None
) -> tuple[str | None, Fix | None]:
    """What to write instead of a value that a type refuses, and the edit where it is certain.

    written  the value as the text has it
    known    what the type itself advises
    """
    meant = _meant(type, node, value, written)
    if meant is not None:
        help = f"write `{meant}` without quotes" if isinstance(value, str) else f"write `{meant}`"
        return help, Fix(help, (Edit(node.span, meant),))
    if known is not None and known.startswith("write `"):
        return known, Fix(known, (Edit(node.span, known.removeprefix("write `").removesuffix("`")),))
    if isinstance(value, str) and type.words:
        return known or did_you_mean(value, type.words), None
    return known, None


def _meant(type: ArgumentType, node: ast.Expression, value: Any, written: str) -> str | None:
    """What the type takes and was probably meant: a number without its quotes, minus sign or point."""
    match node:
        case ast.Number() if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            return _if_taken(type, int(value), str(int(value)))
        case ast.String(value=said):
            read = _read(said)
            return None if read is None else _if_taken(type, read, said)
        case ast.Unary(operator="-", operand=ast.Number()) if is_number(value):
            return _if_taken(type, -value, written.removeprefix("-").strip())
    return None


def _read(said: str) -> int | float | tuple[int, ...] | None:
    """The number or shape that a text in quotes is."""
    if SHAPE.fullmatch(said):
        return tuple(map(int, said.split("x")))
    try:
        return number(said) if NUMBER.fullmatch(said) else None
    except LiteralError:
        return None


def exchanged(
    type: ArgumentType, node: ast.Expression, value: Any, others: Sequence[Other], written: Callable[[ast.Syntax], str]
) -> tuple[str, Fix] | None:
    """The way out where a value belongs in the place of another one, and that in its own; None where it does not."""
    for other_type, other, other_value in others:
        fits = isinstance(value, tuple) if other_value is POISON else _takes(type, other_value)
        if fits and _takes(other_type, value):
            edits = (Edit(node.span, written(other)), Edit(other.span, written(node)))
            ours, theirs = written(node), written(other)
            return f"swap them: `{theirs}` belongs here, and `{ours}` where that is", Fix("swap them", edits)
    return None


def _takes(type: ArgumentType, value: Any) -> bool:
    try:
        type.convert(value)
    except ArgumentError:
        return False
    return True


def _if_taken(type: ArgumentType, value: Any, written: str) -> str | None:
    return written if _takes(type, value) else None
