"""What may stand at a place: layers, arguments and their words, names in sight, settings, files, paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netc.compiler.language_service.around import Around, around
from netc.compiler.language_service.completion.body import in_body
from netc.compiler.language_service.completion.file import in_file
from netc.compiler.language_service.completion.item import Fields, Item
from netc.compiler.language_service.completion.members import members
from netc.compiler.language_service.completion.strings import in_string
from netc.compiler.language_service.completion.train import in_train
from netc.compiler.language_service.workspace import Analysis

__all__ = ["Fields", "Item", "completion"]


def completion(analysis: Analysis, line: int, column: int, fields: Fields = lambda data: ()) -> list[Item]:
    """Everything that may stand at a place, the likeliest first."""
    place = around(analysis, line, column)
    if place is None or place.comment:
        return []
    found = list(_at(analysis, place, fields))
    width = len(place.word)
    seen: dict[str, Item] = {}
    for item in found:
        seen.setdefault(item.label, item)
    made = [item if item.replace else replace(item, replace=width) for item in seen.values()]
    return sorted(made, key=lambda item: (item.rank, item.label))


def _at(analysis: Analysis, place: Around, fields: Fields) -> Iterator[Item]:
    if place.text is not None:
        yield from in_string(analysis, place)
    elif place.last == "DOT":
        yield from members(analysis, place)
    elif place.item is None:
        yield from in_file(analysis, place)
    elif place.item.head == "TRAIN":
        yield from in_train(analysis, place, fields)
    else:
        yield from in_body(analysis, place)
