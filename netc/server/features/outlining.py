"""The outline of a document, and names of nets and blocks in all files of the workspace."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.outline import Entry, outline
from netc.server.positions import Positions
from netc.server.session import Session

KIND = types.SymbolKind
KINDS = {
    "net": KIND.Class, "block": KIND.Function, "train": KIND.Event, "bind": KIND.Variable, "input": KIND.Field,
    "static": KIND.Constant, "use": KIND.Module, "setting": KIND.Property, "step": KIND.Event,
}  # fmt: skip


def register(server: LanguageServer, session: Session) -> None:
    """Answer document and workspace symbols."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    async def document(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return []
        positions = session.documents.positions(opened.document.source)
        return [_symbol(entry, positions) for entry in outline(opened.analysis)]

    @server.feature(types.WORKSPACE_SYMBOL)
    async def workspace(params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        wanted = params.query.lower()
        found = []
        for file in session.files():
            analysis = session.space.check(session.name_of(file))
            for entry in outline(analysis):
                if entry.kind in ("net", "block", "static", "train") and wanted in entry.name.lower():
                    location = session.documents.location(entry.selection, analysis.text.text)
                    found.append(
                        types.WorkspaceSymbol(location, entry.name, KINDS[entry.kind], container_name=file.name)
                    )
        return found


def _symbol(entry: Entry, positions: Positions) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        entry.name,
        KINDS[entry.kind],
        positions.range(entry.span),
        positions.range(entry.selection),
        entry.detail or None,
        children=[_symbol(child, positions) for child in entry.children],
    )
