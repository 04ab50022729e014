"""Findings as text: `full` for people, `concise` a line each, `json` for tools, `github` for its annotations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netc.grammar.diagnostics import Diagnostic, Label, Severity, Span
from netc.grammar.snippet import Snippet, printable
from netc.grammar.source import Source

PLAIN = {"error": "", "warning": "", "bold": "", "gutter": "", "help": "", "reset": ""}
ANSI = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "bold": "\x1b[1m",
    "gutter": "\x1b[1;34m",
    "help": "\x1b[1;36m",
    "reset": "\x1b[0m",
}


def render_full(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], color: bool = False) -> str:
    """Each finding with its lines of source underlined, a blank line between findings, "" without any.

    `sources` gives the text of a file by the name that spans use; a file that is missing there is named, not shown.
    `color` writes ANSI escapes. The text ends in a newline.
    """
    style = ANSI if color else PLAIN
    texts: dict[str, Source] = {}
    parts = []
    for finding in diagnostics:
        for label in _labels(finding):
            name = label.span.file
            if name in sources and name not in texts:
                texts[name] = Source(name, sources[name])
        parts.append("\n".join(_finding(finding, texts, style)) + "\n")
    return "\n".join(parts)


def render_concise(diagnostics: Iterable[Diagnostic]) -> str:
    """`file:line:column: error[E301] message`, a line each; without the place where there is none."""
    lines = []
    for finding in diagnostics:
        place = f"{_one_line(_place(finding.primary.span))}: " if finding.primary else ""
        lines.append(f"{place}{finding.severity}[{finding.code}] {_one_line(finding.message)}\n")
    return "".join(lines)


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """`{"version": 1, "diagnostics": [...]}`: the contract of docs/architecture.md.

    The place is the primary label's, null where there is none. `labels` holds every label, the primary one first.
    """
    found = [
        {
            "code": finding.code,
            "severity": str(finding.severity),
            "message": finding.message,
            **_json_span(finding.primary.span if finding.primary else None),
            "labels": [{"message": label.message, **_json_span(label.span)} for label in _labels(finding)],
            "notes": list(finding.notes),
            "help": finding.help,
            "fix": finding.fix
            and {
                "title": finding.fix.title,
                "safe": finding.fix.safe,
                "edits": [{**_json_span(edit.span), "text": edit.text} for edit in finding.fix.edits],
            },
        }
        for finding in diagnostics
    ]
    return json.dumps({"version": 1, "diagnostics": found}, indent=2) + "\n"


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """GitHub's workflow commands, which annotate the lines of a pull request: `::error file=...,line=...::message`."""
    lines = []
    for finding in diagnostics:
        properties: dict[str, object] = {}
        if finding.primary:
            span = finding.primary.span
            properties |= {"file": span.file, "line": span.line, "endLine": span.end_line, "col": span.column}
            if span.line == span.end_line:
                properties["endColumn"] = span.end_column
        properties["title"] = finding.code
        text = [finding.message, *(label.message for label in _labels(finding)[:1] if label.message), *finding.notes]
        text += [f"help: {finding.help}"] if finding.help else []
        fields = ",".join(f"{name}={_github(str(value), ':,')}" for name, value in properties.items())
        lines.append(f"::{finding.severity} {fields}::{_github(chr(10).join(text))}\n")
    return "".join(lines)


# ---------------------------------------------------------------- the full form
def _finding(finding: Diagnostic, texts: Mapping[str, Source], style: Mapping[str, str]) -> list[str]:
    tone = style["error"] if finding.severity is Severity.ERROR else style["warning"]
    reset = style["reset"]
    headline = _one_line(finding.message)
    lines = [f"{tone}{finding.severity}[{finding.code}]{reset}{style['bold']}: {headline}{reset}"]
    labels = _labels(finding)
    shown = [label.span.end_line for label in labels if label.span.file in texts]
    width = len(str(max(shown, default=1)))
    for number, (file, group) in enumerate(_by_file(labels)):
        place = _place(group[0].span)
        arrow = "-->" if number == 0 else ":::"
        if file not in texts:
            for label in group:
                message = f": {label.message}" if label.message else ""
                told = printable(_place(label.span) + message)
                lines.append(f"{' ' * width}{style['gutter']}{arrow}{reset} {told}")
                arrow = ":::"
            continue
        lines.append(f"{' ' * width}{style['gutter']}{arrow}{reset} {printable(place)}")
        primary = finding.primary if number == 0 else None
        lines += Snippet(texts[file], group, primary, width, tone, style).draw()
    lines += _remarks(finding, texts, width, style)
    return lines


def _remarks(finding: Diagnostic, texts: Mapping[str, Source], width: int, style: Mapping[str, str]) -> list[str]:
    """Notes, help and fix, behind `=` signs under the snippet's bar."""
    remarks = [("note", style["bold"], note) for note in finding.notes]
    if finding.help:
        remarks.append(("help", style["help"], finding.help))
    if finding.fix and finding.fix.title != finding.help:
        remarks.append(("fix", style["help"], finding.fix.title))
    lines = []
    for kind, tone, text in remarks:
        first, *rest = text.splitlines() or [""]
        head = f"{' ' * width} {style['gutter']}={style['reset']} {tone}{kind}:{style['reset']} "
        lines.append(head + printable(first))
        lines += [" " * (width + 5 + len(kind)) + printable(line) for line in rest]
    if finding.fix:
        lines += _repaired(finding, texts, width, style)
    return lines


def _repaired(finding: Diagnostic, texts: Mapping[str, Source], width: int, style: Mapping[str, str]) -> list[str]:
    """The lines as a fix would leave them; nothing where its edits cross lines."""
    edits = finding.fix.edits if finding.fix else ()
    if any(edit.span.file not in texts or edit.span.line != edit.span.end_line or "\n" in edit.text for edit in edits):
        return []
    lines: dict[tuple[str, int], str] = {}
    for edit in sorted(edits, key=lambda edit: edit.span, reverse=True):
        key = (edit.span.file, edit.span.line)
        line = lines.get(key, texts[edit.span.file].line(edit.span.line))
        lines[key] = line[: edit.span.column - 1] + edit.text + line[edit.span.end_column - 1 :]
    return [
        f"{style['gutter']}{number:>{width}} +{style['reset']} {printable(line)}"
        for (_, number), line in sorted(lines.items())
        if len(line) <= 120
    ]


def _labels(finding: Diagnostic) -> Sequence[Label]:
    return ((finding.primary,) if finding.primary else ()) + finding.secondary


def _by_file(labels: Sequence[Label]) -> list[tuple[str, list[Label]]]:
    groups: dict[str, list[Label]] = {}
    for label in labels:
        groups.setdefault(label.span.file, []).append(label)
    return list(groups.items())


# ---------------------------------------------------------------- small things
def _place(span: Span) -> str:
    return f"{span.file}:{span.line}:{span.column}"


def _one_line(text: str) -> str:
    return printable(" ".join(text.splitlines()))


def _json_span(span: Span | None) -> dict[str, Any]:
    names = ("file", "line", "column", "end_line", "end_column")
    return {name: getattr(span, name) if span else None for name in names}


def _github(text: str, also: str = "") -> str:
    for sign in "%\r\n" + also:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return printable(text)
