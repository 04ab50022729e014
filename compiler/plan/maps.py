"""Maps that are shipped beside a net: what tensors of other people's weight files are called in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NameMap:
    """Regular expressions that turn a name of theirs into one of ours, each applied to the whole name, in order."""

    name: str
    rules: tuple[tuple[str, str], ...]

    def __call__(self, name: str) -> str:
        """What a tensor of their file is called in the net."""
        for pattern, replacement in self.rules:
            name = re.sub(pattern, replacement, name)
        return name


def maps_of(table: Any, place: str) -> dict[str, NameMap]:
    """The `[maps]` of a catalogue file, by name; raises ValueError for what is none."""
    if not isinstance(table, dict):
        raise ValueError(f"{place}: `maps` is a table of lists")
    return {name: NameMap(name, tuple(_rules(rules, f"{place}: map `{name}`"))) for name, rules in table.items()}


def _rules(rules: Any, place: str) -> list[tuple[str, str]]:
    found = []
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, list) or len(rule) != 2 or not all(isinstance(part, str) for part in rule):
            raise ValueError(f"{place} is a list of [pattern, replacement], found {rule!r}")
        try:
            re.sub(rule[0], rule[1], "")
            re.compile(rule[0])
        except (re.error, IndexError) as error:
            raise ValueError(f"{place}: `{rule[0]}` is no regular expression: {error}") from None
        found.append((rule[0], rule[1]))
    return found
