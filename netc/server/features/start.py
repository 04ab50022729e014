"""The beginning and the end: what the client can do, its folders and settings."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from netc.server.features.text import capability, pull
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Take what the client says of itself."""

    @server.feature(types.INITIALIZE)
    async def initialize(params: types.InitializeParams) -> None:
        uris = [folder.uri for folder in params.workspace_folders or ()] or [params.root_uri or ""]
        session.folders = [Path(path) for uri in uris if (path := to_fs_path(uri))]
        if params.initialization_options:
            session.settings.read(params.initialization_options)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        encoding = server.workspace.position_encoding
        session.documents.encoding = str(getattr(encoding, "value", encoding))
        await pull(server, session)
        watched = capability(server).did_change_watched_files
        if watched is not None and watched.dynamic_registration:
            watchers = [types.FileSystemWatcher(glob) for glob in ("**/*.net", "**/pyproject.toml", "**/netc.toml")]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            await server.client_register_capability_async(types.RegistrationParams([registration]))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        gone = {to_fs_path(folder.uri) for folder in params.event.removed}
        session.folders = [folder for folder in session.folders if str(folder) not in gone]
        session.folders += [Path(path) for folder in params.event.added if (path := to_fs_path(folder.uri))]

    @server.feature(types.SHUTDOWN)
    async def shutdown(_: None) -> None:
        session.end()
