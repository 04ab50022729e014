"""The texts that the editor holds, and where the rest lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from netc.compiler.language_service.navigation import file_of
from netc.grammar.diagnostics import DiagnosticError, Span
from netc.grammar.limits import FILE
from netc.grammar.opening import read_file
from netc.grammar.source import Source
from netc.server.positions import UTF16, Positions


@dataclass(slots=True)
class Document:
    """An open text; `path` is what the compiler calls it."""

    uri: str
    path: str
    version: int
    source: Source

    @property
    def text(self) -> str:
        """The text itself."""
        return self.source.text


@dataclass(slots=True)
class Documents:
    """Open texts by their URI, and the encoding that positions are counted in."""

    encoding: str = UTF16
    _open: dict[str, Document] = field(default_factory=dict)
    _paths: dict[Path, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def put(self, uri: str, version: int, text: str) -> Document:
        """Open a text."""
        path = path_of(uri)
        made = Document(uri, path, version, Source(path, text))
        self._open[uri] = made
        self._paths[Path(path).resolve()] = uri
        return made

    def change(
        self, uri: str, version: int, changes: Sequence[types.TextDocumentContentChangeEvent]
    ) -> Document | None:
        """Change an open text; each change speaks of the text as the one before it left it."""
        document = self._open.get(uri)
        if document is None:
            return None
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                positions = self.positions(document.source)
                start, end = positions.offset(change.range.start), positions.offset(change.range.end)
                text = document.text[:start] + change.text + document.text[end:]
            document.source = Source(document.path, text)
        document.version = version
        return document

    def close(self, uri: str) -> Document | None:
        """Forget an open text."""
        document = self._open.pop(uri, None)
        if document is not None:
            self._paths.pop(Path(document.path).resolve(), None)
        return document

    def get(self, uri: str) -> Document | None:
        """An open text."""
        return self._open.get(uri)

    def uri_of(self, path: str) -> str:
        """The URI of a file that findings call so: that of the open text where it is open."""
        file = file_of(path).resolve()
        return self._paths.get(file) or from_fs_path(str(file)) or path

    def text_of(self, path: str) -> str:
        """The text of a file that findings call so: as it is open, else as it is on the disk.

        Bytes that are no UTF-8 are replaced, for they are a finding of their own.
        """
        file = file_of(path).resolve()
        if file in self._paths:
            return self._open[self._paths[file]].text
        try:
            return read_file(file, FILE).decode("utf-8", "replace")
        except (OSError, DiagnosticError):
            return ""

    def positions(self, source: Source) -> Positions:
        """Places of a text in the client's units."""
        return Positions(source, self.encoding)

    def location(self, span: Span, text: str) -> types.Location:
        """A span of a file with this text, for the client."""
        return types.Location(self.uri_of(span.file), self.positions(Source(span.file, text)).range(span))


def path_of(uri: str) -> str:
    """What the compiler calls a document: its file, or the name of one that has none yet."""
    if uri.startswith("file:"):
        return to_fs_path(uri) or uri
    return uri.rpartition(":")[2].lstrip("/") or "untitled.net"
