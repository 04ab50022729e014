"""Documents: opened, changed, saved, closed; files and settings that change outside."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Follow the editor's documents."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        session.opened(document.uri, document.version, document.text)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.changed(params.text_document.uri, params.text_document.version, params.content_changes)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(_: types.DidSaveTextDocumentParams) -> None:
        session.recheck()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(_: types.DidChangeWatchedFilesParams) -> None:
        session.recheck()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configured(params: types.DidChangeConfigurationParams) -> None:
        if params.settings:
            session.settings.read(params.settings)
        await pull(server, session)
        if capability(server).inlay_hint is not None:
            server.workspace_inlay_hint_refresh(None)
        if capability(server).code_lens is not None:
            server.workspace_code_lens_refresh(None)
        session.recheck()


def capability(server: LanguageServer) -> types.WorkspaceClientCapabilities:
    """What the client can do with a workspace."""
    return server.client_capabilities.workspace or types.WorkspaceClientCapabilities()


async def pull(server: LanguageServer, session: Session) -> None:
    """Ask for the settings, where the client can be asked."""
    if capability(server).configuration:
        item = types.ConfigurationItem(section="netc")
        given = await server.workspace_configuration_async(types.ConfigurationParams([item]))
        if given:
            session.settings.read(given[0] or {})
