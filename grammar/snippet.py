"""Lines of source with underlined spans: the middle part of a finding."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netc.grammar.diagnostics import Label
from netc.grammar.source import Source

TAB = 4
WIDTH = 120  # longer lines are cut around their labels
CONTEXT = 30  # how much of a cut line stands before its first label


def cells(character: str) -> str:
    """How a character is drawn: tabs as spaces, what a terminal would obey or hide as a visible sign."""
    if " " <= character <= "~":
        return character
    if character == "\t":
        return " " * TAB
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "\u2421"
    return "\ufffd" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else character


def printable(text: str) -> str:
    """Text that no terminal obeys."""
    return text if text.isascii() and text.isprintable() else "".join(cells(character) for character in text)


def columns(text: str) -> int:
    """How many columns of a terminal a drawn text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """An underline on one line: columns of the drawn text, from 0, `end` excluded."""

    start: int
    end: int
    primary: bool
    message: str


class Snippet:
    """The lines of one file that labels point at. Labels drawn under a line: `^^^^` the primary one, `----` others."""

    def __init__(
        self,
        source: Source,
        labels: Sequence[Label],
        primary: Label | None,
        width: int,
        tone: str,
        style: Mapping[str, str],
    ) -> None:
        self.source = source
        self.labels = labels
        self.primary = primary
        self.width = width
        self.tone = tone
        self.style = style

    def draw(self) -> list[str]:
        """The snippet's lines, a bar above them."""
        marks: dict[int, list[Mark]] = {}
        for label in self.labels:
            for number, mark in self._marks(label):
                marks.setdefault(number, []).append(mark)
        lines = [self._bar()]
        before = None
        for number in sorted(marks):
            if before is not None and number > before + 2:
                lines.append(f"{self.style['gutter']}...{self.style['reset']}")
            lines += self._line(number, marks[number])
            before = number
        return lines

    def _marks(self, label: Label) -> list[tuple[int, Mark]]:
        """A label's underlines: one, or for a span of several lines those of its first and last line."""
        span, primary = label.span, label is self.primary
        last = min(span.end_line, self.source.lines)
        if span.line >= last:
            end = span.end_column if span.line == span.end_line else len(self.source.line(span.line)) + 1
            return [(span.line, self._mark(span.line, span.column, end, primary, label.message))]
        first_end = len(self.source.line(span.line).rstrip()) + 1
        text = self.source.line(last)
        last_end = span.end_column if last == span.end_line else len(text) + 1
        indented = min(len(text) - len(text.lstrip()) + 1, last_end)
        return [
            (span.line, self._mark(span.line, span.column, first_end, primary, "")),
            (last, self._mark(last, indented, last_end, primary, label.message)),
        ]

    def _mark(self, number: int, column: int, end_column: int, primary: bool, message: str) -> Mark:
        text = self.source.line(number)
        start = columns(printable(text[: column - 1]))
        end = columns(printable(text[: end_column - 1]))
        return Mark(start, max(end, start + 1), primary, printable(" ".join(message.splitlines())))

    # ---------------------------------------------------------------- drawing
    def _bar(self, text: str = "") -> str:
        bar = f"{' ' * self.width} {self.style['gutter']}|{self.style['reset']}"
        return f"{bar} {text}" if text else bar

    def _line(self, number: int, marks: list[Mark]) -> list[str]:
        text = printable(self.source.line(number).rstrip())
        text, marks = self._cut(text, marks)
        gutter = f"{self.style['gutter']}{number:>{self.width}} |{self.style['reset']}"
        lines = [f"{gutter} {text}" if text else gutter]
        for row in self._rows(marks):
            lines += [self._bar(line) for line in self._underlines(row)]
        return lines

    def _cut(self, text: str, marks: list[Mark]) -> tuple[str, list[Mark]]:
        """A line too long for a terminal, around its first label, the primary one where not all fit beside each other.

        What is left out is a `…`.
        """
        if columns(text) <= WIDTH:
            return text, marks
        first = min(mark.start for mark in marks)
        if max(mark.start for mark in marks) >= max(0, first - CONTEXT) + WIDTH:
            first = next((mark.start for mark in marks if mark.primary), first)
        low = 0 if max(mark.end for mark in marks) <= WIDTH else max(0, first - CONTEXT)
        kept, at = "", 0
        for character in text:
            if low <= at < low + WIDTH:
                kept += character
            at += columns(character)
        shift = low - 1 if low else 0
        kept = ("…" if low else "") + kept + ("…" if at > low + WIDTH else "")
        limit = columns(kept)
        return kept, [
            Mark(
                min(max(mark.start - shift, 0), limit - 1),
                max(min(mark.end - shift, limit), min(max(mark.start - shift, 0), limit - 1) + 1),
                mark.primary,
                mark.message,
            )
            for mark in marks
        ]

    @staticmethod
    def _rows(marks: list[Mark]) -> list[list[Mark]]:
        """Marks that share a row of underlines do not overlap."""
        rows: list[list[Mark]] = []
        for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
            for row in rows:
                if row[-1].end <= mark.start:
                    row.append(mark)
                    break
            else:
                rows.append([mark])
        return rows

    def _underlines(self, row: list[Mark]) -> list[str]:
        """One row of underlines: the last message behind it, the others below, hanging from a bar."""
        line, at = "", 0
        for mark in row:
            line += " " * (mark.start - at) + self._toned(
                mark, ("^" if mark.primary else "-") * (mark.end - mark.start)
            )
            at = mark.end
        if row[-1].message:
            line += " " + self._toned(row[-1], row[-1].message)
        lines = [line]
        hanging = [mark for mark in row[:-1] if mark.message]
        while hanging:
            lines.append(self._hanging(hanging, hanging[-1].message))
            hanging.pop()
        return lines

    def _hanging(self, marks: list[Mark], message: str) -> str:
        line, at = "", 0
        for mark in marks:
            text = message if mark is marks[-1] else "|"
            line += " " * (mark.start - at) + self._toned(mark, text)
            at = mark.start + 1
        return line

    def _toned(self, mark: Mark, text: str) -> str:
        return f"{self.tone if mark.primary else self.style['gutter']}{text}{self.style['reset']}"
