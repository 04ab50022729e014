"""A client of the Language Server Protocol: pygls' own, over standard input and output of `netc server`."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

Answer = TypeVar("Answer")
PATIENCE = 20.0


class Editor:
    """An editor with a server: texts are opened and changed, findings are kept as they come."""

    def __init__(self, folder: Path, encoding: str = "utf-16") -> None:
        self.folder = folder
        self.encoding = encoding
        self.client = LanguageClient("editor", "1")
        self.found: dict[str, list[types.Diagnostic]] = {}
        self.versions: dict[str, int] = {}
        self.published: dict[str, int | None] = {}
        self.messages: list[str] = []
        self.configuration: dict[str, Any] = {}
        self.news = asyncio.Event()
        client = self.client

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.found[params.uri] = list(params.diagnostics)
            self.published[params.uri] = params.version
            self.news.set()

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def _shown(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        @client.feature(types.WINDOW_LOG_MESSAGE)
        def _logged(_: types.LogMessageParams) -> None:
            pass

        @client.feature(types.WORKSPACE_CONFIGURATION)
        def _configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.configuration for _ in params.items]

        @client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def _registered(_: types.RegistrationParams) -> None:
            return None

        for refresh in (types.WORKSPACE_INLAY_HINT_REFRESH, types.WORKSPACE_CODE_LENS_REFRESH):

            @client.feature(refresh)
            def _refreshed(_: Any = None) -> None:
                return None

    async def start(self) -> types.InitializeResult:
        """Start the server and introduce the client."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        await self.client.start_io(sys.executable, "-m", "netc", "server", env=env)
        general = types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(self.encoding)])
        items = types.ClientCompletionItemOptions(snippet_support=True)
        document = types.TextDocumentClientCapabilities(
            completion=types.CompletionClientCapabilities(completion_item=items),
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True),
        )
        workspace = types.WorkspaceClientCapabilities(configuration=True)
        result = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(general=general, text_document=document, workspace=workspace),
                process_id=os.getpid(),
                workspace_folders=[types.WorkspaceFolder(self.folder.as_uri(), self.folder.name)],
            )
        )
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> None:
        """End the server as an editor does."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    def open(self, name: str, text: str) -> str:
        """Open a text, saved or not; its URI."""
        uri = name if ":" in name else (self.folder / name).as_uri()
        self.versions[uri] = 1
        document = types.TextDocumentItem(uri, "netc", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(document))
        return uri

    def change(
        self, uri: str, text: str, start: tuple[int, int] | None = None, end: tuple[int, int] | None = None
    ) -> None:
        """Replace a range (lines and units from 0) or the whole text."""
        self.versions[uri] += 1
        change: types.TextDocumentContentChangeEvent = types.TextDocumentContentChangeWholeDocument(text)
        if start is not None:
            place = types.Range(types.Position(*start), types.Position(*(end or start)))
            change = types.TextDocumentContentChangePartial(place, text)
        document = types.VersionedTextDocumentIdentifier(self.versions[uri], uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def findings(
        self, uri: str, until: Callable[[list[types.Diagnostic]], bool] = lambda _: True
    ) -> list[types.Diagnostic]:
        """The findings of the newest version of a text, once there are some that fit."""

        async def wait() -> list[types.Diagnostic]:
            while True:
                if self.published.get(uri) == self.versions.get(uri) and until(self.found.get(uri, [])):
                    return self.found[uri]
                self.news.clear()
                await self.news.wait()

        return await asyncio.wait_for(wait(), PATIENCE)

    def at(self, uri: str, line: int, unit: int) -> dict[str, Any]:
        """A place in a document, both from 0."""
        return {"text_document": types.TextDocumentIdentifier(uri), "position": types.Position(line, unit)}


def with_editor(folder: Path, work: Callable[[Editor], Awaitable[Answer]], encoding: str = "utf-16") -> Answer:
    """Start an editor with a server, do some work in it, and end both."""

    async def run() -> Answer:
        editor = Editor(folder, encoding)
        await editor.start()
        try:
            return await work(editor)
        finally:
            await editor.stop()

    return asyncio.run(run())
