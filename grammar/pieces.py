"""A text cut into pieces that are parsed one by one: at `net`, `block`, `train` and `use` in the first column.

Such a word ends whatever stands above it, closed or not, so what is wrong in one piece says nothing about the next. A
piece whose brackets are in pairs is cut further, at binds in the first column and behind its last line of code, so that
a comment between two blocks belongs to neither. An editor parses again what changed, and takes the rest as it is.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from netc.grammar.source import NEWLINE

LINE = r"(?:\A|(?<=\n)|(?<=\r)(?!\n))"
HEAD = re.compile(LINE + r"(net|block|train|use)\b(?![ \t]*(?:=(?!=)|only\b))")
BIND = re.compile(LINE + r"[A-Za-z_][A-Za-z0-9_]*[ \t]*(?:,[ \t]*[A-Za-z_][A-Za-z0-9_]*[ \t]*)*=(?!=)")
CODE = re.compile(r'"(?:\\.|[^"\\\r\n])*"|#[^\r\n]*|[()\[\]{}]|[^\x00-\x7f]|["\'`]')
PAIRS = {")": "(", "]": "[", "}": "{"}
WHOLE_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a text, which begin on the line `line`.

    follows  the word that the next piece begins with, where brackets of this one may still be open there; else ""
    last     whether no code follows
    """

    text: str
    line: int
    follows: str = ""
    last: bool = False


def cut(text: str) -> list[Piece]:
    """The pieces of a text; together they are the text."""
    heads = [found for found in HEAD.finditer(text) if found.start()]
    starts = [0, *(found.start() for found in heads), len(text)]
    end = _end_of_code(text[starts[-2] :]) + starts[-2]
    made: list[Piece] = []
    at, line = 0, 1
    for number, start in enumerate(starts[:-1]):
        part = text[start : starts[number + 1]]
        parts = _divided(part)
        follows = heads[number].group(1) if parts is None and number < len(heads) else ""
        for piece in (part,) if parts is None else parts:
            at += len(piece)
            made.append(Piece(piece, line, follows, at >= end))
            line += _newlines(piece)
    return made or [Piece("", 1, last=True)]


@lru_cache(maxsize=4096)
def _newlines(text: str) -> int:
    return len(NEWLINE.findall(text))


@lru_cache(maxsize=4096)
def _divided(text: str) -> tuple[str, ...] | None:
    """A piece cut at its binds and before what holds no code; None where brackets are not in pairs."""
    open_: list[str] = []
    inside: list[tuple[int, int]] = []
    for found in CODE.finditer(text):
        sign = found.group()
        if sign in "([{":
            if not open_:
                inside.append((found.start(), len(text)))
            open_.append(sign)
        elif sign in PAIRS:
            if not open_ or open_.pop() != PAIRS[sign]:
                return None
            if not open_:
                inside[-1] = (inside[-1][0], found.start())
        elif len(sign) == 1 and sign != "#" and not (sign == "\ufeff" and not found.start()):
            return None  # a sign that the lexer may take for another one
    if open_:
        return None
    cuts = [found.start() for found in BIND.finditer(text) if found.start()]
    starts = [start for start, _ in inside]
    cuts = [at for at in cuts if not (before := bisect_left(starts, at)) or at >= inside[before - 1][1]]
    at = _end_of_code(text)
    if 0 < at < len(text):
        cuts = [*(start for start in cuts if start < at), at]
    ends = [0, *cuts, len(text)]
    return tuple(text[start:end] for start, end in itertools.pairwise(ends) if start < end)


def _end_of_code(text: str) -> int:
    """Where the lines at the end begin that hold nothing or a comment."""
    at = len(text)
    for line in reversed(WHOLE_LINE.findall(text)):
        content = line.strip(" \t\r\n")
        if content and not content.startswith("#"):
            break
        at -= len(line)
    return at
