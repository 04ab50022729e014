"""One file and what it defines: blocks, nets, static binds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netc.compiler.elaborate.layer_values import Bound, LayerValue
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.scope import Ref
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Severity, Span
from netc.grammar.source import Source
from netc.grammar.walk import walk

if TYPE_CHECKING:
    from netc.compiler.declare.arguments import ArgumentType


@dataclass(frozen=True, eq=False, slots=True)
class Written(LayerValue):
    """A block or a net of a file."""

    definition: ast.Block | ast.Net | None = None
    module: Module | None = None

    def with_arguments(self, bound: Bound) -> Written:
        """The same block or net, with arguments."""
        return Written(self.word, bound, self.definition, self.module)

    def same_kind(self, other: LayerValue) -> bool:
        """Whether another layer is the same block or net."""
        return isinstance(other, Written) and self.definition is other.definition


class Module:
    """One file: its definitions by name. Static binds are computed when they are first used, in any order."""

    def __init__(
        self, file: ast.File, path: str, report: Report, compute: Callable[[Module, ast.Bind], dict[str, Ref]]
    ) -> None:
        self.file = file
        self.path = path
        self.report = report
        self.compute = compute
        self.layers: dict[str, Written] = {}
        self.binds: dict[str, ast.Bind] = {}
        self.values: dict[str, Ref] = {}
        self.spans: dict[str, Span] = {}
        self.nets: list[ast.Net] = []
        self.trains: list[ast.Train] = []
        self.broken: set[str] = set()
        self.untold: set[str] = set()
        """Nets whose train section is broken: what that reads of them is not known."""
        self.applied: set[str] = set()
        self.expected: dict[tuple[int, str], ArgumentType | None] = {}
        """What `initial_values.py` found out about a name in a body of this file, by the body's `id`."""
        self._running: set[str] = set()
        self._source: Source | None = None
        self._words: frozenset[str] | None = None
        self._mentioned: frozenset[str] | None = None
        self._bound: dict[int, dict[str, ast.Name]] = {}
        self._said: dict[int, tuple[frozenset[str], frozenset[str]]] = {}

    def define(self, findings: Sequence[Diagnostic] = ()) -> None:
        """Enter what the file itself defines; a second definition of a name is an error.

        findings  about the syntax: what they are about is incomplete, and stands for nothing, silently
        """
        wrong = [found.primary.span for found in findings
                 if found.primary is not None and found.severity is Severity.ERROR
                 and not (found.fix is not None and found.fix.taken)]  # fmt: skip
        outside = any(not any(_within(span, span.line, item) for item in self.file.items) for span in wrong)
        for item in self.file.items:
            broken = outside or any(_within(span, line, item) for span in wrong for line in (span.line, span.end_line))
            if broken and not isinstance(item, ast.Use):
                self._set_aside(item)
            elif isinstance(item, (ast.Block, ast.Net)):
                if self.claim(item.name, item.name_span):
                    self.layers[item.name] = Written(item.name, None, item, self)
                if isinstance(item, ast.Net):
                    self.nets.append(item)
            elif isinstance(item, ast.Bind):
                for target in item.targets:
                    if self.claim(target.id, target.span):
                        self.binds[target.id] = item
            elif isinstance(item, ast.Train):
                self.trains.append(item)

    @property
    def words(self) -> frozenset[str]:
        """The words that are keys of tables: they may stand for themselves where a table is asked."""
        if self._words is None:
            self._words = frozenset().union(*(self._words_of(item)[1] for item in self.file.items))
        return self._words

    def names_in(self, item: ast.Item) -> frozenset[str]:
        """Every word that is read in one item; the targets of binds and loops are not."""
        return self._words_of(item)[0]

    def _words_of(self, item: ast.Item) -> tuple[frozenset[str], frozenset[str]]:
        found = self._said.get(id(item))
        if found is None:
            found = self._said[id(item)] = words_of(item)
        return found

    def mentions(self, name: str) -> bool:
        """Whether a name is read anywhere in the file."""
        if self._mentioned is None:
            self._mentioned = frozenset().union(*map(self.names_in, self.file.items))
        return name in self._mentioned

    def source(self, span: Span) -> Source:
        """The text that a span of this file points into."""
        if self._source is None:
            self._source = Source(span.file, self.file.source)
        return self._source

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.file.source

    def bound_near(self, node: ast.Name) -> ast.Name | None:
        """A bind of a name in the block or net around a place, which isn't in sight there."""
        for item in self.file.items:
            if isinstance(item, (ast.Block, ast.Net)) and item.span.covers(node.span):
                if id(item) not in self._bound:
                    self._bound[id(item)] = {}
                    for target in _targets(item.body):
                        self._bound[id(item)].setdefault(target.id, target)
                return self._bound[id(item)].get(node.id)
        return None

    def _set_aside(self, item: ast.Item) -> None:
        names = [target.id for target in item.targets] if isinstance(item, ast.Bind) else []
        if isinstance(item, (ast.Block, ast.Net)):
            names = [item.name, *(target.id for target in _targets(item.body) if target.span.column == 1)]
        if isinstance(item, ast.Train):
            self.untold.add(item.net)
        for name in names:
            self.broken.add(name)
            self.values[name] = Ref(POISON, item.span)

    def claim(self, name: str, span: Span) -> bool:
        """Whether a name is free in the file; otherwise it is reported."""
        known = self.spans.setdefault(name, span)
        if known is span:
            return True
        self.report.error(
            "E205",
            f"`{name}` is defined already",
            span,
            secondary=[Label(known, "first defined here")],
            help="give one of them another name",
        )
        return False

    def layer(self, name: str) -> LayerValue | None:
        """A block or net of the file, or one that it uses."""
        return self.layers.get(name)

    def layer_names(self) -> Iterator[str]:
        """The blocks and nets in sight."""
        yield from self.layers

    def static_names(self) -> Iterator[str]:
        """The file's static binds."""
        yield from self.binds
        yield from self.values

    def static(self, name: str) -> Ref | None:
        """The value of a static bind, or None where there is none of this name."""
        if name in self.values:
            return self.values[name]
        bind = self.binds.get(name)
        if bind is None:
            return None
        if name in self._running:
            self.report.error(
                "E215",
                f"`{name}` is computed from itself",
                bind.span,
                help="give one of the names on the way a value of its own",
            )
            return Ref(POISON, bind.span)
        self._running.add(name)
        self.values.update(self.compute(self, bind))
        self._running.discard(name)
        return self.values[name]


def words_of(item: ast.Item) -> tuple[frozenset[str], frozenset[str]]:
    """The words that are read in one item, and those that are keys of its tables. What a bind or a loop gives is not
    read."""
    names: set[str] = set()
    keys: set[str] = set()
    given: set[int] = set()
    for node in walk(item):
        match node:
            case ast.Name(id=name):
                if id(node) not in given:
                    names.add(name)
            case ast.Bind(targets=targets) | ast.For(targets=targets):
                given.update(map(id, targets))
            case ast.Table(entries=entries):
                keys.update(key.id for key, _ in entries if isinstance(key, ast.Name))
    return frozenset(names), frozenset(keys)


def _targets(body: ast.Body) -> Iterator[ast.Name]:
    """Every name that a bind gives somewhere inside."""
    for node in walk(body):
        if isinstance(node, ast.Bind):
            yield from node.targets


def _within(span: Span, line: int, item: ast.Item) -> bool:
    """Whether a span's line is one of an item's."""
    return span.file == item.span.file and item.span.line <= line <= item.span.end_line
