"""What may stand in a string: files, and patterns of layers and weights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from netc.compiler.language_service.applied import items, net_layers
from netc.compiler.language_service.around import Around
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.completion.train import works_of_section
from netc.compiler.language_service.settings import (
    form_of,
    setting_of,
    takes_patterns,
)
from netc.compiler.language_service.workspace import Analysis, Work


def in_string(analysis: Analysis, place: Around) -> Iterator[Item]:
    """Files to use or to take weights from; paths of layers and weights in a pattern."""
    text = place.text or ""
    words = [token.text for token in (place.open[0].statement if place.open else place.line)]
    if words[:1] == ["use"]:
        yield from _files(analysis, text, ".net")
        return
    form = form_of(setting_of(place))
    if not takes_patterns(form):
        return
    call = place.open[-1]
    if call.kind == "LPAR" and [token.text for token in call.callee] == ["weights"]:
        yield from _files(analysis, text, "")
        return
    begun = text.rpartition("..")[2]
    for path, shown in _paths(works_of_section(analysis, place)):
        yield Item(path, "path", shown, replace=len(begun), rank=1 + path.count("."))


def _paths(works: Iterable[Work]) -> Iterator[tuple[str, str]]:
    """The parts of nets by their paths: what a pattern may name."""
    seen: dict[str, str] = {}
    for work in works:
        for item in items(work):
            if item.path:
                seen.setdefault(item.path, item.word)
        for layer in net_layers(work):
            for parameter in layer.parameters:
                seen.setdefault(parameter.name, "weight")
    yield from seen.items()


def _files(analysis: Analysis, text: str, suffix: str) -> Iterator[Item]:
    folder = Path(analysis.path).parent / text.rpartition("/")[0]
    begun = text.rpartition("/")[2]
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.resolve() == Path(analysis.path).resolve():
            continue
        if path.is_dir():
            yield Item(f"{path.name}/", "path", "folder", replace=max(len(begun), 0), rank=2)
        elif path.name.endswith(suffix):
            yield Item(path.name, "path", "file", replace=max(len(begun), 0), rank=1)
