"""What a piece of work read of the files around it: it need not be done again while all of that is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from netc.compiler.elaborate.layer_values import LayerValue
from netc.compiler.elaborate.module import Module
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Ref
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Span
from netc.grammar.source import Source


@dataclass(frozen=True, slots=True)
class Computed:
    """In a stream of findings: here a static bind of a file was computed for the first time, perhaps with findings."""

    file: str
    name: str


Finding = Diagnostic | Computed


class Recording(Report):
    """The findings of a piece of work as they came, and what it asked.

    stream   every finding, also those that a report drops or folds
    asked    question -> answer: (file, kind, name)
    applied  the blocks and nets that were applied, by file
    whole    whether it looked at the whole text of a file
    """

    def __init__(self) -> None:
        super().__init__()
        self.stream: list[Finding] = []
        self.asked: dict[tuple[str, str, str], Any] = {}
        self.applied: dict[str, set[str]] = {}
        self.whole = False

    def add(self, finding: Diagnostic) -> None:
        """Take a finding."""
        self.stream.append(finding)
        super().add(finding)


@dataclass(slots=True)
class Tracker:
    """Which recording listens, and what modules need to know of their texts.

    source  where a span's text is
    words   item -> the names that it reads, and the keys of its tables
    """

    source: Callable[[Span], Source]
    words: Callable[[ast.Item], tuple[frozenset[str], frozenset[str]]]
    now: Recording = field(default_factory=Recording)
    statics: dict[tuple[str, str], Recording] = field(default_factory=dict)
    listening: bool = True

    @contextmanager
    def recorded(self) -> Iterator[Recording]:
        """What happens for a while goes into a recording of its own."""
        before, self.now = self.now, Recording()
        try:
            yield self.now
        finally:
            self.now = before

    @contextmanager
    def unheard(self) -> Iterator[None]:
        """What is asked for a while is no business of the recording."""
        before, self.listening = self.listening, False
        try:
            yield
        finally:
            self.listening = before


class TrackedModule(Module):
    """A file whose questions are written down."""

    def __init__(self, file: ast.File, path: str, tracker: Tracker, compute: Any) -> None:
        self.tracker = tracker
        self._file = file
        super().__init__(file, path, tracker.now, compute)

    # ---------------------------------------------------------------- what goes to the recording that listens
    @property
    def report(self) -> Report:
        """Where findings go now."""
        return self.tracker.now

    @report.setter
    def report(self, _: Report) -> None:
        pass

    @property
    def applied(self) -> set[str]:
        """The blocks and nets of this file that the work applied."""
        return self.tracker.now.applied.setdefault(self.path, set())

    @applied.setter
    def applied(self, _: set[str]) -> None:
        pass

    @property
    def file(self) -> ast.File:
        """The whole file."""
        if self.tracker.listening:
            self.tracker.now.whole = True
        return self._file

    @file.setter
    def file(self, _: ast.File) -> None:
        pass

    @property
    def text(self) -> str:
        """The text of the file, as it was."""
        return self._file.source

    def source(self, span: Span) -> Source:
        """The text that a span of this file points into."""
        return self.tracker.source(span)

    # ---------------------------------------------------------------- questions
    def _asked(self, kind: str, name: str, answer: Any) -> Any:
        if self.tracker.listening:
            self.tracker.now.asked[self.path, kind, name] = answer
        return answer

    def ask(self, kind: str, name: str) -> Any:
        """The answer to a question, asked again."""
        match kind:
            case "layer":
                return self.layers.get(name)
            case "static":
                return self.static(name)
            case "mentions":
                return self.mentions(name)
            case "layers":
                return frozenset(self.layers)
            case "statics":
                return frozenset((*self.binds, *self.values))
        return self.words

    def layer(self, name: str) -> LayerValue | None:
        """A block or net of the file, or one that it uses."""
        found: LayerValue | None = self._asked("layer", name, super().layer(name))
        return found

    def layer_names(self) -> Iterator[str]:
        """The blocks and nets in sight."""
        self._asked("layers", "", frozenset(self.layers))
        return super().layer_names()

    def static_names(self) -> Iterator[str]:
        """The file's static binds."""
        self._asked("statics", "", frozenset((*self.binds, *self.values)))
        return super().static_names()

    def static(self, name: str) -> Ref | None:
        """The value of a static bind. It is computed apart, whoever asks first."""
        if name in self.binds and name not in self.values and name not in self._running:
            with self.tracker.recorded() as recording:
                for target in self.binds[name].targets:
                    self.tracker.statics[self.path, target.id] = recording
                super().static(name)
        elif name in self._running:
            return super().static(name)
        if (self.path, name) in self.tracker.statics:
            self.tracker.now.stream.append(Computed(self.path, name))
        found: Ref | None = self._asked("static", name, super().static(name))
        return found

    def mentions(self, name: str) -> bool:
        """Whether a name is read anywhere in the file."""
        if self._mentioned is None:
            self._mentioned = frozenset().union(*(self.tracker.words(item)[0] for item in self._file.items))
        return bool(self._asked("mentions", name, name in self._mentioned))

    @property
    def words(self) -> frozenset[str]:
        """The words that are keys of tables."""
        if self._words is None:
            self._words = frozenset().union(*(self.tracker.words(item)[1] for item in self._file.items))
        self._asked("words", "", self._words)
        return self._words

    def names_in(self, item: ast.Item) -> frozenset[str]:
        """Every word that is read in one item."""
        return self.tracker.words(item)[0]

    def bound_near(self, node: ast.Name) -> ast.Name | None:
        """A bind of a name in the block or net around a place, which isn't in sight there."""
        with self.tracker.unheard():
            return super().bound_near(node)
