"""The names of an analysis, and which words may be one."""

from __future__ import annotations

import re
from functools import cache

from netc.compiler.language_service.symbols.resolver import Resolver
from netc.compiler.language_service.symbols.symbol import Symbol
from netc.compiler.language_service.workspace import Analysis
from netc.grammar.diagnostics import Span
from netc.grammar.tables import load


def resolve(analysis: Analysis) -> Resolver:
    """All names of a file."""
    made: Resolver | None = analysis.answers.get("names")
    if made is None:
        made = analysis.answers["names"] = Resolver(analysis.file.items)
        made.finish()
    return made


def symbol_at(analysis: Analysis, place: Span) -> Symbol | None:
    """The name at a place of a part."""
    for symbol in resolve(analysis).symbols:
        if any(span.covers(place) for span in symbol.spans()):
            return symbol
    return None


def is_name(word: str) -> bool:
    """Whether a word may be given as a name."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word) is not None and word not in keywords()


@cache
def keywords() -> frozenset[str]:
    """The reserved words."""
    return frozenset(load().keywords)
