"""Folding ranges."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.folding import folds
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer folding ranges."""

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    async def answer(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        kinds = types.FoldingRangeKind
        return [
            types.FoldingRange(fold.first - 1, fold.last - 1, kind=kinds.Comment if fold.comment else kinds.Region)
            for fold in folds(opened.analysis)
        ]
