"""Signs that are left out."""

from __future__ import annotations

from collections.abc import Iterator

from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

GOES_ON = frozenset(("-", "+", "[", "(", "{", "*", "/", "not", "if", "else", "for"))
"""What may follow a value without a comma, and then means something else."""
CLOSERS = frozenset((")", "]", "}"))


def braces(original: Original) -> Iterator[Mutation]:
    """A `}` is left out; it may be missed where its partner opened, or where it stood."""
    opened: list[int] = []
    pairs = []
    for token in original.tokens:
        if token.kind == "LBRACE":
            opened.append(token.start)
        elif token.kind == "RBRACE":
            pairs.append((opened.pop(), token.start))
    for start, end in original.some(sorted(pairs)):
        lines = [original.source.place(at)[0] for at in (start, end)]
        yield original.changed("unclosed brace", [((end, end + 1), "")], "E104", "`}`", lines=lines)


def commas(original: Original) -> Iterator[Mutation]:
    """A comma between two values is left out."""
    found = [token for token in original.tokens if token.kind != "SEP"]
    inside: list[str] = []
    sites = []
    for before, token, after in zip(found, found[1:], found[2:], strict=False):
        if before.text in ("(", "[", "{"):
            inside.append(before.text)
        elif before.text in CLOSERS:
            inside.pop()
        if token.kind == "COMMA" and inside[-1:] != ["{"] and inside and after.text not in GOES_ON | CLOSERS:
            sites.append((token, after))
    for token, after in original.some(sites):
        lines = [original.source.place(at)[0] for at in (token.start, after.start)]
        yield original.changed("missing comma", [((token.start, token.end), "")], "E107", "`,`", "comma", lines=lines)
