"""All kinds of cases, by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module

from fuzzing.kind import Kind

FAMILIES = ("texts", "nets", "weights", "checkpoints", "data", "models")


@cache
def all_kinds() -> dict[str, Kind]:
    """The kinds that can run here."""
    kinds = [kind for family in FAMILIES for kind in import_module(f"fuzzing.{family}").KINDS]
    return {kind.name: kind for kind in kinds if kind.ready()}


def chosen(words: Iterable[str]) -> list[Kind]:
    """The kinds of these names and families; all of them where no word is given. Raises SystemExit."""
    known = all_kinds()
    words = list(words)
    unknown = [word for word in words if word not in known and word not in FAMILIES]
    if unknown:
        raise SystemExit(f"no kind is called {', '.join(unknown)}: there are {', '.join((*FAMILIES, *known))}")
    return [kind for kind in known.values() if not words or kind.name in words or kind.family in words]
