"""A file's text with its line table: from offsets to spans and back, for the parser and for drawing."""

from __future__ import annotations

import re
from bisect import bisect_right

from netc.grammar.diagnostics import Span

NEWLINE = re.compile(r"\r\n|\r|\n")


class Source:
    """The text of one file and where its lines begin. A line ends at `\\n`, `\\r\\n` or a lone `\\r`.

    A part of a file, of whole lines, has the number of its first line there. Offsets count from the part's beginning.
    """

    def __init__(self, file: str, text: str, first: int = 1) -> None:
        self.file = file
        self.text = text
        self.first = first
        self._starts = [0]
        self._ends: list[int] = []
        for newline in NEWLINE.finditer(text):
            self._ends.append(newline.start())
            self._starts.append(newline.end())
        self._ends.append(len(text))

    @property
    def lines(self) -> int:
        """The number of the last line; a text that ends in a newline has an empty last one."""
        return self.first + len(self._starts) - 1

    def line(self, number: int) -> str:
        """The text of a line without its newline, counted from 1; empty past the end."""
        index = number - self.first
        if not 0 <= index < len(self._starts):
            return ""
        return self.text[self._starts[index] : self._ends[index]]

    def start(self, number: int) -> int:
        """The offset at which a line begins, counted from 1."""
        return self._starts[number - 1]

    def width(self, number: int) -> int:
        """How many characters a line has, counted from 1."""
        return self._ends[number - 1] - self._starts[number - 1]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        index = bisect_right(self._starts, offset) - 1
        return self.first + index, offset - self._starts[index] + 1

    def between(self, span: Span) -> str:
        """The text of a span."""
        start, end = self.offsets(span)
        return self.text[start:end]

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span starts and ends in the text."""
        return self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column, both from 1, kept inside the text."""
        index = min(max(line - self.first, 0), len(self._starts) - 1)
        return min(self._starts[index] + column - 1, len(self.text))

    def span(self, start: int, end: int) -> Span:
        """The span of the text from one offset up to another."""
        starts = self._starts
        line, last = bisect_right(starts, start) - 1, bisect_right(starts, end) - 1
        first = self.first
        return Span(self.file, first + line, start - starts[line] + 1, first + last, end - starts[last] + 1)

    def indentation(self, offset: int) -> int:
        """How far the line of an offset is indented, in characters."""
        text = self.line(self.place(offset)[0])
        return len(text) - len(text.lstrip(" \t"))

    def starts_line(self, offset: int) -> bool:
        """Whether only space stands before an offset on its line."""
        line, column = self.place(offset)
        return not self.line(line)[: column - 1].strip(" \t")
