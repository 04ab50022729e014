"""A net of the zoo as the beginning of one's own: its text with the settings in it, and the maps of its weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netc.compiler.layers.base import layer
from netc.compiler.zoo.catalogue import Entry
from netc.compiler.zoo.listing import load_entry
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.parse import parse


@dataclass(frozen=True, slots=True)
class Edit:
    """What stands in a place of the text instead of what stood there."""

    span: Span
    text: str


def text_of(entry: Entry) -> str:
    """The text of its family, in which the settings are the defaults of the net."""
    source = entry.file.read_text(encoding="utf-8")
    file, _ = parse(source, str(entry.file))
    edits = []
    for item in file.items:
        if isinstance(item, ast.Net) and item.name == entry.net:
            for parameter in item.parameters:
                if parameter.name in entry.set and parameter.default is not None:
                    edits.append(Edit(parameter.default.span, as_text(entry.set[parameter.name])))
    return edited(source, edits)


def texts_of(entry: Entry, name: str) -> dict[str, str]:
    """What begins a folder: the text under this name, the texts of the zoo that it uses, and all their maps."""
    used = [Path(file) for file in load_entry(entry).sources]
    beside = [file for file in used if file.parent == entry.file.parent and file != entry.file]
    texts = {f"{name}.net": text_of(entry)} | {file.name: file.read_text(encoding="utf-8") for file in beside}
    maps = {f"{name}.toml": maps_text(entry.file)} | {f"{file.stem}.toml": maps_text(file) for file in beside}
    return texts | {file: text for file, text in maps.items() if text is not None}


def edited(source: str, edits: list[Edit]) -> str:
    """A text with edits, which lie apart and on one line each, made in it."""
    lines = source.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: (edit.span.line, edit.span.column), reverse=True):
        first, last = edit.span.line - 1, edit.span.end_line - 1
        before, after = lines[first][: edit.span.column - 1], lines[last][edit.span.end_column - 1 :]
        lines[first : last + 1] = [before + edit.text + after]
    return "".join(lines)


def as_text(value: Any) -> str:
    """A setting as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value if value in layer.all() else f'"{value}"'
        case list():
            return f"[{', '.join(map(as_text, value))}]"
    return str(value)


def maps_text(file: Path) -> str | None:
    """The `[maps]` of a family as they stand there, or None where it has none."""
    lines = file.with_suffix(".toml").read_text(encoding="utf-8").splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.strip() == "[maps]"]
    return "".join(lines[starts[0] :]) if starts else None
