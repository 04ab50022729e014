"""Signature help: the call around a place, and which argument is being written."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.signature import signature
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer signature help."""
    options = types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="])

    @server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, options)
    async def answer(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return None
        found = signature(opened.analysis, *session.documents.positions(opened.document.source).place(params.position))
        if found is None:
            return None
        markdown = types.MarkupKind.Markdown
        parameters = [
            types.ParameterInformation(label, types.MarkupContent(markdown, says) if says else None)
            for label, says in found.parameters
        ]
        text = types.MarkupContent(markdown, found.documentation)
        one = types.SignatureInformation(found.label, text, parameters, found.active)
        return types.SignatureHelp([one], 0, found.active)
