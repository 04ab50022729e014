"""Maps of names: what tensors of other people's weight files are called in a net.

A map in the text is a table of names (`Renames`). One that is shipped stands beside the net, in the `[maps]` of
`resnet.toml` beside `resnet.net`, and has a name (`NameMap`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean


@dataclass(frozen=True, slots=True)
class Renames:
    """Names, and what is below them: what they are called instead, or None for what is left out.

    A name that ends with a dot is a beginning (`"model.": ""`): beginnings are replaced first, then the name that is
    left is looked up.
    """

    entries: tuple[tuple[str, str | None], ...]

    def __call__(self, name: str) -> str | None:
        """The other name of a tensor; None where it is left out."""
        for old, new in self.entries:
            if old.endswith(".") and name.startswith(old):
                if new is None:
                    return None
                name = joined(new.removesuffix("."), name[len(old) :])
        for old, new in self.entries:
            if below(name, old):
                return None if new is None else joined(new, name[len(old) :].removeprefix("."))
        return name

    def leaves_out(self, name: str) -> bool:
        """Whether a tensor of this name is mapped to none."""
        return any(new is None and below(name, old) for old, new in self.entries)


@dataclass(frozen=True, slots=True)
class NameMap:
    """Regular expressions that turn a name of theirs into one of ours, each applied to the whole name, in order.

    A name of which nothing is left belongs to no tensor of ours: a table of indices that the text computes.
    """

    name: str
    rules: tuple[tuple[str, str], ...]

    def __call__(self, name: str) -> str | None:
        """What a tensor of their file is called in the net; None for one that it has no use for."""
        for pattern, replacement in self.rules:
            name = re.sub(pattern, replacement, name)
        return name or None


def below(name: str, path: str) -> bool:
    """Whether a dotted name is a path, or lies below it."""
    return name == path or name.startswith(f"{path}.")


def joined(*parts: str) -> str:
    """Parts of a dotted name, of which some are empty."""
    return ".".join(part for part in parts if part)


# ------------------------------------------------------------ maps that are shipped beside a net
def shipped_maps(texts: Iterable[str]) -> dict[str, NameMap]:
    """The maps beside these texts by name; of two with the same name, the earlier text's. Raises E570."""
    found: dict[str, NameMap] = {}
    for text in texts:
        path = Path(text).with_suffix(".toml")
        if path.is_file():
            try:
                maps = maps_of(tomllib.loads(path.read_text(encoding="utf-8")).get("maps", {}), path.name)
            except ValueError as error:  # what tomllib raises too
                finding = Diagnostic("E570", f"cannot read the maps in {path}: {error}", help="see `netc explain E570`")
                raise DiagnosticError(finding) from None
            found = maps | found
    return found


def shipped_map(name: str, texts: Iterable[str]) -> NameMap:
    """The map of this name beside one of these texts; raises DiagnosticError E570 where there is none."""
    texts = list(texts)
    maps = shipped_maps(texts)
    if name not in maps:
        first = Path(texts[0]).with_suffix(".toml")
        help = did_you_mean(name, maps) or (f"there are {', '.join(maps)}" if maps else f"write one to {first}")
        raise DiagnosticError(Diagnostic("E570", f"no map of names is called `{name}` beside {texts[0]}", help=help))
    return maps[name]


def maps_of(table: Any, place: str) -> dict[str, NameMap]:
    """A `[maps]` table, by name; raises ValueError for what is none."""
    if not isinstance(table, dict):
        raise ValueError(f"{place}: `maps` is a table of lists")
    return {name: NameMap(name, tuple(_rules(rules, f"{place}: map `{name}`"))) for name, rules in table.items()}


def _rules(rules: Any, place: str) -> list[tuple[str, str]]:
    found = []
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, list) or len(rule) != 2 or not all(isinstance(part, str) for part in rule):
            raise ValueError(f"{place} is a list of [pattern, replacement], found {rule!r}")
        try:
            re.compile(f"{rule[0]}|").sub(rule[1], "")  # a replacement is read only where something is replaced
        except (re.error, IndexError) as error:
            raise ValueError(f"{place}: `{rule[0]}` is no regular expression: {error}") from None
        found.append((rule[0], rule[1]))
    return found
