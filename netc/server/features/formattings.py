"""Formatting of a text, or of lines in it: the layout of `netc fmt`. The client's tabs and widths change nothing.

The text of a run stays as it is, be it that the client lays out whatever it saves: a run goes on with no other. That
is said once a text.
"""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.formatting import formatting
from netc.compiler.lint.files import run_of
from netc.server.session import Session


def register(server: LanguageServer, session: Session) -> None:
    """Answer requests for layout."""
    told: set[str] = set()

    def is_kept(uri: str, path: str) -> bool:
        run = run_of(path)
        if run is not None and uri not in told:
            told.add(uri)
            message = f"{path} is left as it is: the run in {run} was trained with it, and goes on with no other"
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, message))
        return run is not None

    def edits(uri: str, range: types.Range | None) -> list[types.TextEdit]:
        document = session.documents.get(uri)
        if document is None or is_kept(uri, document.path):
            return []
        positions = session.documents.positions(document.source)
        lines = None
        if range is not None:
            last = range.end.line + (range.end.character > 0 or range.end.line == range.start.line)
            lines = (range.start.line + 1, last)
        return [positions.edit(edit) for edit in formatting(document.source, lines)]

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    async def whole(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        return edits(params.text_document.uri, None)

    @server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)
    async def part(params: types.DocumentRangeFormattingParams) -> list[types.TextEdit]:
        return edits(params.text_document.uri, params.range)
