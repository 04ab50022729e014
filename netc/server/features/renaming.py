"""Rename; where weights are called otherwise afterwards, the `map` is shown that older runs need."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.rename import rename, renamed_span
from netc.grammar.diagnostics import DiagnosticError, Edit
from netc.grammar.source import Source
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer renames."""

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return None
        positions = session.documents.positions(opened.document.source)
        span = renamed_span(opened.analysis, *positions.place(params.position))
        return None if span is None else positions.range(span)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def answer(params: types.RenameParams) -> types.WorkspaceEdit | None:
        opened = session.analysis(params.text_document.uri)
        if opened is None:
            return None
        document = opened.document
        place = session.documents.positions(document.source).place(params.position)
        try:
            made = rename(session.space, opened.analysis, *place, params.new_name, session.users(document.path))
        except DiagnosticError as error:
            found = error.diagnostics[0]
            raise JsonRpcInvalidParams(f"{found.message} [{found.code}]: {found.help}") from error
        if made.weights:
            shown = "\n".join(made.maps())
            message = f"Weights are called otherwise now. What was trained before is taken by `init` with\n{shown}"
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, message))
            server.window_log_message(types.LogMessageParams(types.MessageType.Info, message))
        return edited(session, made.edits)


def edited(session: Session, edits: Sequence[Edit]) -> types.WorkspaceEdit:
    """Edits of several files as the client applies them."""
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        positions = session.documents.positions(Source(edit.span.file, session.documents.text_of(edit.span.file)))
        changes.setdefault(session.documents.uri_of(edit.span.file), []).append(positions.edit(edit))
    return types.WorkspaceEdit(changes)
