"""Texts that are open, and what is found out about them: as `check` finds it, but what no change touched is kept.

The file's pieces are parsed once each (`pieces.py`). Each net, with the train sections that share its arguments, is a
piece of work: it is done again when one of the answers differs that it got from the files around it (`tracking.py`).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netc.compiler import collector
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.groups import groups_of, known_net
from netc.compiler.elaborate.loader import Loader
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.names import check_names, conditional, unapplied
from netc.compiler.elaborate.net import elaborate
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.sameness import same
from netc.compiler.elaborate.static_binds import compute
from netc.compiler.elaborate.unused import warn_unused
from netc.compiler.language_service.pieces import Pieces, Places, Text, moved, placed, relocated
from netc.compiler.language_service.tracking import Computed, Finding, Recording, TrackedModule, Tracker
from netc.compiler.lint.allow import allows, suppress
from netc.compiler.net import Net
from netc.grammar import ast
from netc.grammar.deep import deep
from netc.grammar.diagnostics import Diagnostic, Span, in_reading_order
from netc.grammar.reading import decoded

KEPT = 20
"""For how many checks a piece of work is kept that none of them asked for."""


@dataclass(slots=True)
class Work:
    """What was made of a net (or of the names in a block that nothing applies), and what it rests on.

    definition  the net or block;  trains: the sections it was elaborated with;  arguments: what they give it
    net, frame  what came of it: the frame also where there is no net, with the layers up to the mistake
    """

    definition: ast.Net | ast.Block
    trains: tuple[ast.Train, ...]
    arguments: Mapping[str, Any]
    recording: Recording
    net: Net | None = None
    frame: Frame | None = None
    used: int = 0


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known about one state of a file.

    texts     path -> text, of the file (`path`) and of all that it uses
    module    its definitions;  works: its nets, elaborated, in the order of the text
    earlier   of nets that are set aside now, or have a mistake: what they were when they last had none
    findings  as `netc check` has them, at places of files
    places    where parts stand, see `pieces.py`
    answers   what was worked out about it when it was first asked
    """

    path: str
    texts: Mapping[str, Text]
    module: TrackedModule
    file: ast.File
    works: Sequence[Work]
    earlier: Sequence[Work]
    findings: Sequence[Diagnostic]
    places: Places
    answers: dict[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> list[Work]:
        """The works, and those of earlier texts where a net is none now: what is known by name, not by place."""
        return [*self.works, *self.earlier]

    @property
    def text(self) -> Text:
        """The file itself."""
        return self.texts[self.path]

    def out(self, span: Span) -> Span:
        """A span of a part as the file has it."""
        return placed(span, self.places)

    def within(self, line: int, column: int) -> Span:
        """A place of the file, as an empty span of its part."""
        return self.text.inner(Span(self.path, line, column, line, column))


class Incremental(Loader):
    """Reads files in parts; texts that are open come before those on the disk."""

    def __init__(self, recording: Recording, given: Mapping[Path, str], pieces: Pieces, tracker: Tracker) -> None:
        super().__init__(recording, given)
        self.pieces = pieces
        self.tracker = tracker
        self.texts: dict[str, Text] = {}

    def parsed(self, source: str | bytes, path: str) -> tuple[ast.File, list[Diagnostic]]:
        """The tree of a file, in parts. What is wrong with its bytes is said as the parser says it."""
        wrong = None
        if isinstance(source, bytes):
            source, wrong = decoded(source, path)
        self.texts[path], file, findings = self.pieces.parse(path, source.removeprefix("\ufeff"))
        return file, findings if wrong is None else in_reading_order([wrong, *findings])

    def parsed_again(self, source: bytes, path: str) -> tuple[ast.File, list[Diagnostic]]:
        """The tree of a used file, in parts too: an editor may change it."""
        return self.parsed(source, path)

    def module(self, file: ast.File, path: str) -> Module:
        """The module of a file, which writes down what it is asked."""
        return TrackedModule(file, path, self.tracker, compute)

    def define(self, module: Module, findings: Sequence[Diagnostic]) -> None:
        """Enter what a file defines, but for items that a finding about the syntax is about."""
        text = self.texts.get(module.path)
        inner = [] if text is None else [relocated(found, text.inner) for found in findings]
        with self.tracker.unheard():
            module.define(inner)


@dataclass(slots=True)
class Workspace:
    """Open texts by their resolved path, and everything that was found out.

    elaborated  how many pieces of work were done so far;  `pieces.parsed` says the same of parsing
    right       (file, net) -> the last work that gave a net
    """

    open: dict[Path, str] = field(default_factory=dict)
    pieces: Pieces = field(default_factory=Pieces)
    elaborated: int = 0
    right: dict[tuple[str, str], Work] = field(default_factory=dict)
    _works: dict[tuple[int, ...], Work] = field(default_factory=dict)
    _now: int = 0

    def check(self, path: str) -> Analysis:
        """All there is to say about a file, an open one or one on the disk."""
        steps = self.checking(path)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                made: Analysis = end.value
                return made

    def checking(self, path: str) -> Generator[None, None, Analysis]:
        """`check` in steps: whoever has something more urgent leaves off between two of them; what is done is kept."""
        with deep(), collector.waiting():
            self._now += 1
            tracker = Tracker(self.pieces.source, self.pieces.words)
            main = tracker.now
            loader = Incremental(main, self.open, self.pieces, tracker)
            module = loader.load(path, self.open.get(Path(path).resolve()))
            assert isinstance(module, TrackedModule)
            checked = Checking(self, tracker, loader, module)
        yield
        for definition in module.nets:
            with deep(), collector.waiting():
                groups = groups_of(module, definition, main)
            for arguments, trains in groups:
                with deep(), collector.waiting():
                    checked.net(definition, arguments, trains)
                yield
        with deep(), collector.waiting():
            return checked.finished()

    def known(self, key: tuple[int, ...]) -> Work | None:
        """A piece of work that was done before."""
        return self._works.get(key)

    def keep(self, key: tuple[int, ...], work: Work) -> None:
        """Keep a piece of work for the next check."""
        work.used = self._now
        self._works[key] = work

    def forget(self) -> None:
        """Drop what was not asked for in a while."""
        for key, work in list(self._works.items()):
            if work.used < self._now - KEPT:
                del self._works[key]
        self.pieces.forget()


class Checking:
    """One check of one file, from the pieces of work that are left and those that have to be done."""

    def __init__(self, space: Workspace, tracker: Tracker, loader: Incremental, module: TrackedModule) -> None:
        self.space = space
        self.tracker = tracker
        self.loader = loader
        self.module = module
        self.main = tracker.now
        self.works: list[Work] = []
        self.applied: set[str] = set()
        self.modules: dict[str, TrackedModule] = {}
        for other in loader.modules.values():
            assert isinstance(other, TrackedModule)
            self.modules[other.path] = other
        self.places: Places = {
            each.part.name: (path, each.line - 1) for path, text in loader.texts.items() for each in text.placed
        }

    def net(self, definition: ast.Net, arguments: dict[str, Any], trains: list[ast.Train]) -> None:
        """Elaborate a net, or take it as it was."""
        key = (id(definition), *map(id, trains))
        work = self.space.known(key)
        if work is None or not same(dict(work.arguments), arguments) or not self._holds(work):
            self.space.elaborated += 1
            with self.tracker.recorded() as recording:
                made = elaborate(self.module, definition, arguments, trains, recording, self.loader.sources)
            work = Work(definition, tuple(trains), arguments, recording, made.net, made.frame)
        self._take(key, work)
        self.applied.add(definition.name)
        self.works.append(work)

    def _names(self, definition: ast.Net | ast.Block) -> None:
        """Look at the names in a definition that nothing applies, or take what was found."""
        key = (id(definition), 0)
        work = self.space.known(key)
        if work is None or not self._holds(work):
            with self.tracker.recorded() as recording:
                check_names(self.module, definition, recording)
            work = Work(definition, (), {}, recording)
        self._take(key, work)

    def _take(self, key: tuple[int, ...], work: Work) -> None:
        self.space.keep(key, work)
        self.main.stream.extend(work.recording.stream)
        self.applied |= work.recording.applied.get(self.module.path, set())

    def _holds(self, work: Work) -> bool:
        """Whether everything that a piece of work asked would be answered as it was then."""
        if work.recording.whole:
            return False
        with self.tracker.unheard(), self.tracker.recorded():
            for (path, kind, name), answer in work.recording.asked.items():
                module = self.modules.get(path)
                if module is None or not same(module.ask(kind, name), answer):
                    return False
        return all(span.file in self.places for found in work.recording.stream for span in _spans(found))

    def finished(self) -> Analysis:
        """What is left to look at, and all findings in reading order."""
        module, main = self.module, self.main
        for train in module.trains:
            known_net(module, train, main)
        for name in module.binds:
            module.static(name)
        for written in unapplied(module, self.applied):
            self._names(written)
        if not self._reported().errors:
            for written in conditional(module):
                self._names(written)
        report = self._reported()
        if not report.errors:
            late = Recording()
            with self.tracker.unheard():
                warn_unused(module, late)
            for finding in self._flat(late.stream, set()):
                report.add(moved(finding, self.places))
        with self.tracker.unheard():
            file = module.file
            left = suppress(report.all(), allows(file))
        self.space.forget()
        findings = in_reading_order(left)
        return Analysis(
            module.path, self.loader.texts, module, file, self.works, self._earlier(), findings, self.places
        )  # fmt: skip

    def _reported(self) -> Report:
        """All findings so far, at their places in the texts."""
        report = Report()
        for finding in self._flat(self.main.stream, set()):
            report.add(moved(finding, self.places))
        return report

    def _earlier(self) -> list[Work]:
        """What nets were before they had a mistake."""
        path, right = self.module.path, self.space.right
        right.update({(path, work.definition.name): work for work in self.works if work.net is not None})
        whole = {work.definition.name for work in self.works if work.net is not None}
        wanted = self.module.broken | {work.definition.name for work in self.works}
        return [right[path, name] for name in sorted(wanted - whole) if (path, name) in right]

    def _flat(self, stream: Sequence[Finding], told: set[tuple[str, str]]) -> Iterator[Diagnostic]:
        """Findings in order; those of a static bind where it was used first."""
        for found in stream:
            if isinstance(found, Diagnostic):
                yield found
            elif (found.file, found.name) not in told:
                recording = self.tracker.statics.get((found.file, found.name))
                if recording is not None:
                    module = self.modules[found.file]
                    told |= {(found.file, target.id) for target in module.binds[found.name].targets}
                    yield from self._flat(recording.stream, told)


def _spans(found: Finding) -> Iterator[Span]:
    if isinstance(found, Computed):
        return
    if found.primary is not None:
        yield found.primary.span
    yield from (label.span for label in found.secondary)
    if found.fix is not None:
        yield from (edit.span for edit in found.fix.edits)
