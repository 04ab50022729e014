"""Text that may be broken into lines in several ways, and the printer that chooses: Wadler's documents, with comments.

A group is printed on one line where it fits, else it is broken at its own lines, and the groups in it decide for
themselves. Some are broken whatever their length (a comment in it, a body that was open). For those around it that
makes no difference: what decides is how wide all would be on one line, so that a second layout comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

WIDTH = 100
STEP = 2


@dataclass(frozen=True, slots=True)
class Text:
    """Text without a newline."""

    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A newline where its group is broken, with an empty line before it if `blank`; else the text `flat`."""

    flat: str = ""
    blank: bool = False


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that stands only where its group is broken: the comma behind a last item."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment. It ends its line, or has a line of its own (`own`), with an empty line behind it if `blank`."""

    text: str
    own: bool
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """The place of a bind's `=`, which is aligned with those of the lines around, where the bind is one line."""


@dataclass(frozen=True, slots=True)
class Ends:
    """The end of a bind."""


@dataclass(slots=True)
class Indent:
    """Lines that begin in it stand further right, where its group is broken."""

    parts: tuple[Document, ...]
    tall: bool = field(init=False)

    def __post_init__(self) -> None:
        self.tall = any(map(tall, self.parts))


@dataclass(slots=True)
class Group:
    """What is broken together.

    broken     whatever its length
    gives_way  whether it is broken in place of the one around it, where that is enough: `concat { … }` in a flow
    opened     that it was: what is inside counts no longer for the one around it
    fills      whether it is one of several that fill lines: a step of a flow
    """

    parts: tuple[Document, ...]
    broken: bool = False
    gives_way: bool = False
    opened: bool = False
    fills: bool = False
    tall: bool = field(init=False)

    def __post_init__(self) -> None:
        self.tall = self.broken or any(map(tall, self.parts))


Document = Text | Line | IfBroken | Remark | Equals | Ends | Indent | Group


def tall(document: Document) -> bool:
    """Whether it stands on several lines whatever its length."""
    return isinstance(document, Remark) or (isinstance(document, (Indent, Group)) and document.tall)


@dataclass(slots=True)
class Row:
    """A line of the result: its text without indentation, its comment, and the column of an `=` that is aligned."""

    indent: int
    text: str = ""
    comment: str = ""
    blank: bool = False
    remark: bool = False
    equals: int | None = None


@dataclass(slots=True)
class Command:
    """A document that is to be printed, with its indentation and whether the group around it is broken."""

    indent: int
    broken: bool
    document: Document


def rows_of(documents: Sequence[Document]) -> list[Row]:
    """Documents, of which the first begins a line, as lines."""
    return _Printer(documents).rows


class _Printer:
    def __init__(self, documents: Sequence[Document]) -> None:
        self.rows = [Row(0)]
        self.equals: tuple[Row, int] | None = None
        self.stack = [Command(0, True, document) for document in reversed(documents)]
        while self.stack:
            self._print(self.stack.pop())
        if not self.rows[-1].text:
            self.rows.pop()

    def _print(self, command: Command) -> None:
        indent, broken, row = command.indent, command.broken, self.rows[-1]
        match command.document:
            case Text(text):
                self._put(text, indent)
            case IfBroken(text) if broken:
                self._put(text, indent)
            case Line(flat, blank):
                if broken:
                    self._newline(indent, blank)
                else:
                    self._put(flat, indent)
            case Remark(text, True, blank):
                self._newline(indent, False)
                self.rows[-1].text, self.rows[-1].remark = text, True
                self._newline(indent, blank)
            case Remark(text) if row.comment:
                self._print(Command(indent, broken, Remark(text, True)))
            case Remark(text):
                row.comment = text
            case Equals():
                self.equals = (row, len(row.text)) if broken else self.equals
            case Ends():
                if broken and self.equals is not None and self.equals[0] is row:
                    row.equals = self.equals[1]
            case Indent(parts):
                self._push(parts, indent + STEP * broken, broken)
            case Group() as group:
                self._group(group, indent, broken)

    def _push(self, parts: Iterable[Document], indent: int, broken: bool) -> None:
        self.stack.extend(Command(indent, broken, part) for part in reversed(tuple(parts)))

    def _put(self, text: str, indent: int) -> None:
        """Text on this line, or behind a comment on the next; a comma still stands before the comment."""
        if self.rows[-1].comment and text != ",":
            if not text.strip():
                return
            self._newline(indent, False)
        self.rows[-1].text += text

    def _newline(self, indent: int, blank: bool) -> None:
        row = self.rows[-1]
        row.text = row.text.rstrip(" ")
        if row.text or row.comment:
            self.rows.append(Row(indent, blank=blank))
        else:
            row.indent, row.blank = indent, row.blank or blank

    def _group(self, group: Group, indent: int, broken: bool) -> None:
        flat = not group.broken and (not broken or self._fits(group, indent))
        opened = None if flat or group.broken or group.fills else _opened(group)
        if opened is not None and self._fits(opened, indent):
            self._push(opened.parts, indent, False)
        else:
            self._push(group.parts, indent, not flat)

    def _fits(self, group: Group, indent: int) -> bool:
        """Whether a group fits from here on, with what follows up to the next place where a line may end."""
        row = self.rows[-1]
        column = (len(row.text) if row.text else 0) + row.indent
        left: list[Command | int] = [Command(indent, False, part) for part in reversed(group.parts)]
        behind = len(self.stack)
        while column <= WIDTH:
            if not left:
                if not behind:
                    return True
                behind -= 1
                left.append(self.stack[behind])
            command = left.pop()
            if isinstance(command, int):
                column = command
                continue
            match command.document:
                case Text(text):
                    column += len(text)
                case IfBroken(text):
                    column += len(text) if command.broken else 0
                case Line(flat):
                    if command.broken:
                        return True
                    column += len(flat)
                case Remark():
                    column = command.indent
                case Indent(parts):
                    left += [Command(command.indent, command.broken, part) for part in reversed(parts)]
                case Group(parts, opened=True) as inner:
                    head, last = _ends(inner)
                    left += [Command(command.indent, False, part) for part in reversed(last)]
                    left.append(command.indent)
                    left += [Command(command.indent, False, part) for part in reversed(head)]
                case Group(parts):
                    left += [Command(command.indent, command.broken, part) for part in reversed(parts)]
        return False


def _ends(group: Group) -> tuple[list[Document], list[Document]]:
    """What stands before the first line of a group, and behind its last one."""
    own: list[Document] = []
    stack = list(reversed(group.parts))
    while stack:
        part = stack.pop()
        if isinstance(part, Indent):
            stack.extend(reversed(part.parts))
        else:
            own.append(part)
    lines = [position for position, part in enumerate(own) if isinstance(part, Line)]
    return (own[: lines[0]], own[lines[-1] + 1 :]) if lines else (own, [])


def _opened(group: Group) -> Group | None:
    """The group with those in it opened that give way; None where there are none."""
    found = False

    def opened(part: Document) -> Document:
        nonlocal found
        if isinstance(part, Indent):
            return Indent(tuple(map(opened, part.parts)))
        if isinstance(part, Group) and part.gives_way:
            found = True
            return Group(part.parts, broken=True, opened=True)
        if isinstance(part, Group) and part.fills:
            return Group(tuple(map(opened, part.parts)), fills=True)
        return part

    parts = tuple(map(opened, group.parts))
    return Group(parts) if found else None
