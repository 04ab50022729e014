"""What each word is, for colours: a keyword, a layer, a block, a value, an argument, a setting."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.language_service.symbols import keywords, resolve
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.layers.base import layer as layers
from netc.compiler.plan.train_plan import SETTINGS
from netc.grammar.lexer import Token

KINDS = ("keyword", "class", "function", "variable", "parameter", "property", "number", "string", "comment", "operator",
         "type", "method", "enumMember", "namespace")  # fmt: skip
MODIFIERS = ("declaration", "readonly", "defaultLibrary")
OF_SYMBOL = {
    "net": "class", "block": "function", "used": "function", "static": "variable", "parameter": "parameter",
    "input": "parameter", "dimension": "type", "bind": "variable", "shared": "function", "loop": "variable",
    "state": "variable", "field": "property",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Highlight:
    """One word: its line and column, its length, what it is, and what else is true of it."""

    line: int
    column: int
    length: int
    kind: str
    modifiers: tuple[str, ...] = ()


def highlights(analysis: Analysis, first: int = 1, last: int | None = None) -> list[Highlight]:
    """The words of some lines, in the order of the text."""
    names = {(span.file, span.line, span.column): (symbol, span in symbol.definitions)
             for symbol in resolve(analysis).symbols for span in symbol.spans()}  # fmt: skip
    found: list[Highlight] = []
    for placed in analysis.text.placed:
        part = placed.part
        tokens = part.parsed.tokens
        train = bool(tokens) and tokens[0].kind == "TRAIN"
        for at, token in enumerate(tokens):
            line, column = part.source.place(token.start)
            outer = line + placed.line - 1
            if token.kind in ("SEP", "$END") or outer < first or (last is not None and outer > last):
                continue
            symbol, given = names.get((part.name, line, column), (None, False))
            if symbol is not None and token.kind in ("NAME", "IN"):
                modifiers = (
                    *(["declaration"] if given else []),
                    *(["readonly"] if symbol.kind in ("static", "bind") else []),
                )
                found.append(Highlight(outer, column, len(token.text), OF_SYMBOL[symbol.kind], modifiers))
            elif kind := _kind(token, tokens[at + 1].kind, train):
                library = ("defaultLibrary",) if kind in ("function", "method") else ()
                found.append(Highlight(outer, column, len(token.text), kind, library))
        for comment in part.parsed.comments:
            outer = comment.span.line + placed.line - 1
            if first <= outer and (last is None or outer <= last):
                found.append(Highlight(outer, comment.span.column, len(comment.text), "comment"))
    return sorted(found, key=lambda item: (item.line, item.column))


def _kind(token: Token, following: str, train: bool) -> str | None:
    if token.text in keywords():
        return "keyword"
    match token.kind:
        case "NUMBER" | "SHAPE":
            return "number"
        case "STRING":
            return "string"
        case "ARROW":
            return "operator"
        case "NAME" if following == "BINDS":
            return "property" if train and token.text in SETTINGS else "parameter"
        case "NAME" if token.text in layers.all():
            return "function"
        case "NAME" if train and following == "LPAR":
            return "method"
        case "NAME" if token.text in ("scan", "step"):
            return "keyword"
    return None
