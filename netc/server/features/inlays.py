"""Inlay hints: shape and parameters at the end of a line."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.hints import Hint, hints, kept
from netc.server.session import Session

WHOLE = 1_000_000


def register(server: LanguageServer, session: Session) -> None:
    """Answer inlay hints."""

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def answer(params: types.InlayHintParams) -> list[types.InlayHint]:
        opened = session.analysis(params.text_document.uri)
        settings = session.settings
        if opened is None or not (settings.shapes or settings.counts):
            return []
        document, known = opened.document, session.known[params.text_document.uri]
        positions = session.documents.positions(document.source)
        found = hints(opened.analysis, 1, WHOLE, with_shapes=settings.shapes, counts=settings.counts)
        lines = {hint.line for hint in found}
        if opened.analysis.module.broken:  # a line that is half written takes none of the others their hints
            found += [hint for hint in kept(*known.hints, document.text) if hint.line not in lines]
        known.hints = (document.text, found)
        first, last = positions.place(params.range.start)[0], positions.place(params.range.end)[0]
        return [_hint(hint, positions.position(hint.line, hint.column)) for hint in found if first <= hint.line <= last]


def _hint(hint: Hint, position: types.Position) -> types.InlayHint:
    return types.InlayHint(position, hint.text, tooltip=hint.tooltip or None, padding_left=True)
