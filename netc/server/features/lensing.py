"""Code lenses: parameters and cost above nets, blocks and loops."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.lenses import lenses
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer code lenses. They are there to be read: their command does nothing."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=False))
    async def answer(params: types.CodeLensParams) -> list[types.CodeLens]:
        opened = session.analysis(params.text_document.uri)
        if opened is None or not session.settings.lenses:
            return []
        positions = session.documents.positions(opened.document.source)
        return [
            types.CodeLens(positions.range(lens.span), types.Command(lens.text, "")) for lens in lenses(opened.analysis)
        ]
