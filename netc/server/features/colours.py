"""Semantic tokens."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.highlighting import KINDS, MODIFIERS, Highlight, highlights
from netc.server.positions import Positions
from netc.server.session import Session

LEGEND = types.SemanticTokensLegend(list(KINDS), list(MODIFIERS))


def register(server: LanguageServer, session: Session) -> None:
    """Answer semantic tokens."""

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, LEGEND)
    async def full(params: types.SemanticTokensParams) -> types.SemanticTokens:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return types.SemanticTokens([])
        return _tokens(highlights(opened.analysis), session.documents.positions(opened.document.source))

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, LEGEND)
    async def part(params: types.SemanticTokensRangeParams) -> types.SemanticTokens:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return types.SemanticTokens([])
        positions = session.documents.positions(opened.document.source)
        first, last = positions.place(params.range.start)[0], positions.place(params.range.end)[0]
        return _tokens(highlights(opened.analysis, first, last), positions)


def _tokens(found: Sequence[Highlight], positions: Positions) -> types.SemanticTokens:
    """Five numbers a word: lines and columns since the word before, length, kind, modifiers."""
    data: list[int] = []
    line = column = 0
    for each in found:
        start = positions.position(each.line, each.column)
        end = positions.position(each.line, each.column + each.length)
        since = start.character - (column if start.line == line else 0)
        bits = sum(1 << MODIFIERS.index(modifier) for modifier in each.modifiers)
        data += [start.line - line, since, end.character - start.character, KINDS.index(each.kind), bits]
        line, column = start.line, start.character
    return types.SemanticTokens(data)
