"""What a running server knows: documents, what was found out about them, what the user set; and when it looks again.

A change is looked at as soon as the editor pauses for a moment: at once where looking is quick, a little later where it
takes long. Between two nets the server listens, and leaves off where the text has changed again; what is done is kept.
The rules of `netc lint` run in a process of their own when nothing has been typed for a while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from netc.compiler.language_service.hints import Hint, unchanged
from netc.compiler.language_service.linting import lint_text
from netc.compiler.language_service.navigation import file_of
from netc.compiler.language_service.pieces import relocated
from netc.compiler.language_service.workspace import Analysis, Workspace
from netc.compiler.lint.files import net_files
from netc.grammar.diagnostics import Diagnostic, Span
from netc.grammar.source import Source
from netc.server.documents import Document, Documents
from netc.server.findings import published

QUICK, LONGEST, IDLE = 0.03, 0.3, 0.4
"""Seconds: what is looked at at once; the longest wait for somebody who types; the pause after which rules run."""


@dataclass(slots=True)
class Settings:
    """What the user may choose, as the client sends it under `netc`."""

    shapes: bool = True
    counts: bool = True
    lenses: bool = True
    lint: bool = True

    def read(self, given: Any) -> None:
        """Take what is given and leave the rest; what is no setting changes nothing."""
        section = given.get("netc", given) if isinstance(given, dict) else {}
        if not isinstance(section, dict):
            return
        hints = section.get("inlayHints")
        for name, group, key in (
            ("shapes", hints, "shapes"), ("counts", hints, "counts"),
            ("lenses", section.get("codeLens"), "enable"), ("lint", section.get("lint"), "enable"),
        ):  # fmt: skip
            value = group.get(key) if isinstance(group, dict) else None
            if isinstance(value, bool):
                setattr(self, name, value)


@dataclass(slots=True)
class Known:
    """What was found out about an open text: its last check, what the rules said and of which text, hints as they were
    shown, how long a check takes, and what is wrong in files that it uses, by their URIs."""

    analysis: Analysis | None = None
    lint: list[Diagnostic] = field(default_factory=list)
    linted: str | None = None
    hints: tuple[str, list[Hint]] = ("", [])
    seconds: float = 0.0
    elsewhere: dict[str, list[Diagnostic]] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Opened(NamedTuple):
    """A document with its analysis."""

    document: Document
    analysis: Analysis


class Session:
    """One client's."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self.documents = Documents()
        self.space = Workspace()
        self.settings = Settings()
        self.known: dict[str, Known] = {}
        self.folders: list[Path] = []
        self._linter: ProcessPoolExecutor | None = None
        self._linting = asyncio.Lock()

    # ---------------------------------------------------------------- documents
    def opened(self, uri: str, version: int, text: str) -> None:
        """A text was opened."""
        document = self.documents.put(uri, version, text)
        self.known[uri] = Known()
        self._changed(document)

    def changed(self, uri: str, version: int, changes: Sequence[Any]) -> None:
        """A text was changed."""
        document = self.documents.change(uri, version, changes)
        if document is not None:
            self._changed(document)

    def closed(self, uri: str) -> None:
        """A text was closed: what is on the disk counts from now on."""
        document = self.documents.close(uri)
        known = self.known.pop(uri, None)
        if known is not None and known.task is not None:
            known.task.cancel()
        if document is None:
            return
        self.space.open.pop(Path(document.path).resolve(), None)
        for other in [uri, *(known.elsewhere if known is not None else ())]:
            self._tell(other)
        self.recheck()

    def recheck(self) -> None:
        """Look at every open text again: what it uses may have changed."""
        for document in self.documents:
            self.schedule(document)

    def _changed(self, document: Document) -> None:
        self.space.open[Path(document.path).resolve()] = document.text
        self.schedule(document)
        for other in self.documents:
            known = self.known[other.uri]
            if other is not document and known.analysis is not None and self._uses(known.analysis, document):
                self.schedule(other)

    @staticmethod
    def _uses(analysis: Analysis, document: Document) -> bool:
        path = Path(document.path).resolve()
        return any(file_of(shown).resolve() == path for shown in analysis.texts)

    # ---------------------------------------------------------------- checking
    def schedule(self, document: Document) -> None:
        """Check a text soon; a check that is under way is left off."""
        known = self.known[document.uri]
        if known.task is not None:
            known.task.cancel()
        known.task = asyncio.get_running_loop().create_task(self._look(document, known))

    async def _look(self, document: Document, known: Known) -> None:
        if known.seconds > QUICK:
            await asyncio.sleep(min(known.seconds, LONGEST))
        else:
            await asyncio.sleep(0)
        began = time.process_time()
        steps = self.space.checking(document.path)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                known.analysis = end.value
                break
            await asyncio.sleep(0)
        known.seconds = time.process_time() - began
        self.publish(document, known)
        await self._lint(document, known)

    def analysis(self, uri: str) -> Opened | None:
        """An open text with what is known about it as it is now."""
        document = self.documents.get(uri)
        if document is None:
            return None
        known = self.known[uri]
        if known.analysis is None or known.analysis.text.text != document.text:
            known.analysis = self.space.check(document.path)
        return Opened(document, known.analysis)

    def findings(self, uri: str) -> list[Diagnostic]:
        """What is said of an open text now: the checker's findings, and those of rules whose lines have not changed."""
        opened = self.analysis(uri)
        return [] if opened is None else self._all(opened.analysis, self.known[uri])

    def _all(self, analysis: Analysis, known: Known) -> list[Diagnostic]:
        if known.linted == analysis.text.text:
            return known.lint
        codes = {finding.code for finding in analysis.findings}
        rules = [
            finding
            for finding in known.lint
            if finding.code not in codes and not finding.code.startswith(("E", "L006"))
        ]
        return [*analysis.findings, *_still_there(rules, known.linted or "", analysis.text.text)]

    # ---------------------------------------------------------------- what the client is told
    def publish(self, document: Document, known: Known) -> None:
        """Tell the findings of a text, and what it shows of files that it uses."""
        if known.analysis is None:
            return
        others: dict[str, list[Diagnostic]] = {}
        for finding in self._all(known.analysis, known):
            if finding.primary is not None and finding.primary.span.file != document.path:
                others.setdefault(self.documents.uri_of(finding.primary.span.file), []).append(finding)
        changed = [uri for uri in {*others, *known.elsewhere} if others.get(uri) != known.elsewhere.get(uri)]
        known.elsewhere = others
        for uri in (document.uri, *changed):
            self._tell(uri)

    def _tell(self, uri: str) -> None:
        """Publish all that is known about a file: its own findings, and what those that use it found in it."""
        document, known = self.documents.get(uri), self.known.get(uri)
        found: list[Diagnostic] = []
        if document is not None and known is not None and known.analysis is not None:
            all_ = self._all(known.analysis, known)
            found = [each for each in all_ if each.primary is None or each.primary.span.file == document.path]
        places = {(each.code, each.primary.span.line, each.primary.span.column) for each in found if each.primary}
        for other in self.known.values():
            for each in other.elsewhere.get(uri, ()):
                at = each.primary.span if each.primary is not None else None
                if at is not None and (each.code, at.line, at.column) not in places:
                    found.append(each)
        if document is not None:
            self._publish(uri, document.version, published(found, self.documents, document.source))
        elif not found or found[0].primary is None:
            self._publish(uri, None, [])
        else:
            path = found[0].primary.span.file
            source = Source(path, self.documents.text_of(path))
            self._publish(uri, None, published(found, self.documents, source))

    def _publish(self, uri: str, version: int | None, diagnostics: Sequence[Any]) -> None:
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, list(diagnostics), version))

    # ---------------------------------------------------------------- the rules of `netc lint`
    async def _lint(self, document: Document, known: Known) -> None:
        if not self.settings.lint:
            return
        await asyncio.sleep(IDLE)
        text = document.text
        beside = {str(path): other for path, other in self.space.open.items() if path != Path(document.path).resolve()}
        async with self._linting:
            try:
                found = await asyncio.get_running_loop().run_in_executor(
                    self._pool(), lint_text, document.path, text, beside
                )
            except BrokenProcessPool:
                self._linter = None
                return
        if document.text == text:
            known.lint, known.linted = found, text
            self.publish(document, known)

    def _pool(self) -> ProcessPoolExecutor:
        if self._linter is None:
            self._linter = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        return self._linter

    def end(self) -> None:
        """Let go of what runs beside."""
        for known in self.known.values():
            if known.task is not None:
                known.task.cancel()
        if self._linter is not None:
            self._linter.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------- other files
    def files(self) -> list[Path]:
        """The `.net` files of the folders that are open in the editor, and open texts."""
        found = {path.resolve() for folder in self.folders if folder.is_dir() for path in map(Path, net_files(folder))}
        return sorted(found | set(self.space.open))

    def users(self, path: str) -> list[Analysis]:
        """What is known of the files that use one: open ones, and those in the folders of the editor."""
        wanted = file_of(path).resolve()
        found = []
        for file in self.files():
            if file != wanted and "use" in self.documents.text_of(str(file)):
                analysis = self.space.check(self.name_of(file))
                if any(file_of(shown).resolve() == wanted for shown in analysis.texts):
                    found.append(analysis)
        return found

    def name_of(self, file: Path) -> str:
        """What the compiler calls a file: an open document as it is called there."""
        return next((each.path for each in self.documents if Path(each.path).resolve() == file), str(file))


def _still_there(findings: Sequence[Diagnostic], old: str, new: str) -> list[Diagnostic]:
    """Findings about lines that are as they were, where they are now."""
    where = unchanged(old, new)

    def moved(span: Span) -> Span:
        by = where(span.line) or 0
        return Span(span.file, span.line + by, span.column, span.end_line + by, span.end_column)

    def stands(finding: Diagnostic) -> bool:
        spans = [label.span for label in (finding.primary, *finding.secondary) if label is not None]
        spans += [edit.span for edit in (finding.fix.edits if finding.fix is not None else ())]
        return bool(spans) and all(where(span.line) is not None for span in spans)

    return [relocated(finding, moved) for finding in findings if stands(finding)]
