"""Which parameter each argument of a call is for: positional first, then by name, each once; and what is left out."""

from __future__ import annotations

from collections.abc import Collection

from netc.compiler.declare.declared import Declared
from netc.compiler.elaborate.advice import argument_advice
from netc.compiler.elaborate.frame import Frame
from netc.grammar import ast
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Edit, Fix, Label, Span


def places_of(definition: type[Declared], merges: bool) -> tuple[list[str], tuple[str, ...]]:
    """The arguments that have a place, for a call to take from, and those that must be given."""
    found = _PLACES.get((definition, merges))
    if found is None:
        specs = definition.arguments
        places = [name for name, spec in specs.items() if spec.leading or not (merges or spec.by_name)]
        required = tuple(name for name, spec in specs.items() if spec.required)
        found = _PLACES[definition, merges] = places, required
    return list(found[0]), found[1]


_PLACES: dict[tuple[type[Declared], bool], tuple[list[str], tuple[str, ...]]] = {}
"""The same, as they are asked for: of a declaration, and whether it merges."""


def parameter_of(
    frame: Frame,
    argument: ast.Argument,
    positional: list[str],
    known: Collection[str],
    given: dict[str, Span],
    owner: str,
    places: int,
    beside: tuple[str, ...] = (),
) -> str | None:
    """Which parameter an argument is for, or None after a mistake.

    places  how many have a place without a name
    beside  arguments that are taken besides, which a misspelt one may mean
    """
    if argument.name is None:
        if not positional:
            if "" in given:
                return None
            given[""] = argument.span
            takes = counted(places, "argument") if places else "no arguments"
            takes += " without a name" if 0 < places < len(known) else ""
            frame.error(
                "E221",
                f"{owner} takes {takes}",
                argument.span,
                "one too many",
                help=f"remove it, or say which it is by its name: {', '.join(known)}" if known else "remove it",
            )
            return None
        name = positional.pop(0)
    else:
        name = argument.name
        if name not in known:
            advice = argument_advice(name, owner, [*known, *beside])
            fix = None
            if advice.word is not None and advice.word not in given:
                fix = Fix(f"use `{advice.word}`", (Edit(_start(argument.span, name), advice.word),))
            frame.error("E220", f"{owner} has no argument `{name}`", argument.span, help=advice.help, fix=fix)
            return None
        if name in positional:
            positional.remove(name)
    if name in given:
        frame.error(
            "E222",
            f"`{name}` is given twice",
            argument.span,
            secondary=[Label(given[name], "given here")],
            help="remove one of the two",
        )
        return None
    return name


def report_missing(frame: Frame, owner: str, missing: list[str], span: Span) -> None:
    """Report arguments without a default that a call leaves out."""
    names = " and ".join(f"`{name}`" for name in missing)
    frame.error("E223", f"{owner} needs {names}", span, help=f"give {names} in parentheses")


def _start(span: Span, name: str) -> Span:
    """Where a name stands with which something begins."""
    return Span(span.file, span.line, span.column, span.line, span.column + len(name))
