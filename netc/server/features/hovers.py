"""Hover: figures of what is applied at a place, and what it is."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.hover import hover
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer hovers."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def answer(params: types.HoverParams) -> types.Hover | None:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return None
        positions = session.documents.positions(opened.document.source)
        found = hover(opened.analysis, *positions.place(params.position))
        if found is None:
            return None
        text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(text, positions.range(found.span))
