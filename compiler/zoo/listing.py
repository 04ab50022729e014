"""What a net of the zoo comes to: elaborated when asked, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from netc.compiler.facts.count import distinct_parameters
from netc.compiler.load import load
from netc.compiler.net import Net
from netc.compiler.zoo.catalogue import Entry

TRAINING = "params(training)"


@dataclass(frozen=True, slots=True)
class Listed:
    """A net of the zoo with its parameters as they were counted, and as its text says they were published."""

    entry: Entry
    params: int
    published: int | None


def load_entry(entry: Entry) -> Net:
    """The net, with the settings that the entry names; raises DiagnosticError as `load` does."""
    return load(str(entry.file), entry.net, entry.set)


def listed(entry: Entry) -> Listed:
    """Elaborate one net. A number that was published with what only training has is compared with that."""
    net = load_entry(entry)
    if entry.training and TRAINING in net.stated:
        params = sum(parameter.count for parameter in distinct_parameters(net.layers) if not parameter.buffer)
        return Listed(entry, params, net.stated[TRAINING])
    return Listed(entry, net.params, net.stated.get("params"))


def as_json(found: Listed) -> dict[str, Any]:
    """As `netc zoo --format json` prints it."""
    entry = found.entry
    return {
        "name": entry.name,
        "file": shown(entry.file),
        "net": entry.net,
        "set": dict(entry.set),
        "params": found.params,
        "published": found.published,
        "variant": entry.variant,
        "source": entry.source,
        "lines": entry.lines,
    }


def shown(path: Path) -> str:
    """A path as short as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def matching(entries: tuple[Entry, ...], word: str | None) -> list[Entry]:
    """Those in whose name, family, net, variant or source the word stands."""
    if word is None:
        return list(entries)
    return list(filter(partial(_has, word.lower()), entries))


def _has(word: str, entry: Entry) -> bool:
    return any(word in text.lower() for text in (entry.name, entry.family, entry.net, entry.variant, entry.source))
