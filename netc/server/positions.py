"""Lines and columns of the compiler and of the protocol, which counts from 0 and in code units that the client chose.

A line ends at `\\n`, `\\r\\n` or a lone `\\r`, in both.
"""

from __future__ import annotations

from lsprotocol import types

from netc.grammar.diagnostics import Edit, Span
from netc.grammar.source import Source

UTF8, UTF16 = types.PositionEncodingKind.Utf8, types.PositionEncodingKind.Utf16


class Positions:
    """Places in one text, for a client that counts in one encoding's units."""

    def __init__(self, source: Source, encoding: str = UTF16) -> None:
        self.source = source
        self.encoding = encoding

    def _units(self, text: str) -> int:
        if text.isascii() or self.encoding not in (UTF8, UTF16):
            return len(text)
        return (
            len(text.encode("utf-8")) if self.encoding == UTF8 else len(text.encode("utf-16-le", "surrogatepass")) // 2
        )

    def place(self, position: types.Position) -> tuple[int, int]:
        """Line and column, both from 1; what lies past the end of a line is its end."""
        line = min(position.line + 1, self.source.lines)
        if position.line + 1 > line:
            return line, len(self.source.line(line)) + 1
        text = self.source.line(line)
        if text.isascii():
            return line, min(position.character, len(text)) + 1
        units = column = 0
        for character in text:
            if units >= position.character:
                break
            units += self._units(character)
            column += 1
        return line, column + 1

    def offset(self, position: types.Position) -> int:
        """The offset of a position in the text."""
        return self.source.offset(*self.place(position))

    def position(self, line: int, column: int) -> types.Position:
        """A position for the client."""
        if line > self.source.lines:
            line, column = self.source.lines, len(self.source.line(self.source.lines)) + 1
        return types.Position(line - 1, self._units(self.source.line(line)[: column - 1]))

    def range(self, span: Span) -> types.Range:
        """A span for the client."""
        return types.Range(self.position(span.line, span.column), self.position(span.end_line, span.end_column))

    def edit(self, edit: Edit) -> types.TextEdit:
        """An edit for the client."""
        return types.TextEdit(self.range(edit.span), edit.text)
