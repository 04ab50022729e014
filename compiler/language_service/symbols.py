"""Names of a file: where each is given and where it is read, by the language's rules of sight.

Names are found in the tree, so a name in a statement that could not be parsed is not among them. A dotted path is
followed into blocks, nets and braces of this file; patterns in strings (`"stem"`, `"stage1..stage3"`) are paths too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from netc.compiler.language_service.workspace import Analysis
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.tables import load
from netc.grammar.walk import children

PATTERN_SETTINGS = frozenset(
    ("freeze", "unfreeze", "trains", "rates", "l1", "l2", "decays", "adapt", "follow", "init", "initializers")
)


@dataclass(eq=False, slots=True)
class Symbol:
    """A name.

    kind         net, block, used, static, parameter, input, dimension, bind, shared, loop, state, field
    definitions  where it is given: a name that both branches of an `if` bind is one name
    references   where it is read
    whole        what is folded or shown with it: the item, the bind, the parameter
    value        what it is bound to, if it is
    inside       the names that are reached behind its dot
    """

    kind: str
    name: str
    definitions: list[Span]
    whole: ast.Syntax | None = None
    value: ast.Syntax | None = None
    references: list[Span] = field(default_factory=list)
    inside: Names | None = None
    called: Symbol | None = None

    def spans(self) -> Iterator[Span]:
        """Every place of the name."""
        yield from self.definitions
        yield from self.references


class Names:
    """The names of one pair of braces, those around them behind."""

    def __init__(self, outer: Names | None = None) -> None:
        self.outer = outer
        self.own: dict[str, Symbol] = {}

    def find(self, name: str) -> Symbol | None:
        """A name in sight."""
        names: Names | None = self
        while names is not None:
            if name in names.own:
                return names.own[name]
            names = names.outer
        return None


class Resolver:
    """One walk over a file."""

    def __init__(self, items: Sequence[ast.Item]) -> None:
        self.symbols: list[Symbol] = []
        self.top = Names()
        self.bodies: dict[str, Names] = {}
        self._later: list[tuple[ast.Attribute, Names]] = []
        self._waiting: list[tuple[Symbol, str, Span]] = []
        for item in items:
            self._announce(item)
        for item in items:
            self._item(item)

    # ---------------------------------------------------------------- giving names
    def _give(self, names: Names, kind: str, name: str, span: Span, whole: ast.Syntax | None = None) -> Symbol:
        known = names.own.get(name)
        if known is not None and known.kind == kind:
            known.definitions.append(span)
            return known
        made = Symbol(kind, name, [span], whole)
        names.own[name] = made
        self.symbols.append(made)
        return made

    def _announce(self, item: ast.Item) -> None:
        """Names of the file are in sight everywhere in it."""
        match item:
            case ast.Block() | ast.Net():
                kind = "net" if isinstance(item, ast.Net) else "block"
                self._give(self.top, kind, item.name, item.name_span, item)
            case ast.Use():
                for used in item.names:
                    at = used.span
                    start = at.end_column - len(used.alias)
                    self._give(
                        self.top,
                        "used",
                        used.alias,
                        Span(at.file, at.end_line, start, at.end_line, at.end_column),
                        used,
                    )
            case ast.Bind():
                for target in item.targets:
                    made = self._give(self.top, "static", target.id, target.span, item)
                    made.value = item.value

    # ---------------------------------------------------------------- items
    def _item(self, item: ast.Item) -> None:
        match item:
            case ast.Block() | ast.Net():
                names = Names(self.top)
                self.bodies[item.name] = names
                symbol = self.top.own[item.name]
                symbol.inside = names
                for parameter in item.parameters:
                    if parameter.default is not None:
                        self._read(parameter.default, names)
                    self._give(names, "parameter", parameter.name, _begin(parameter.span, parameter.name), parameter)
                self._body(item.body, names)
            case ast.Bind():
                self._read(item.value, self.top)
            case ast.Train():
                self._train(item)

    def _train(self, item: ast.Train) -> None:
        net = self.top.own.get(item.net)
        if net is not None and net.kind == "net":
            net.references.append(item.net_span)
        inside = self.bodies.get(item.net)
        for argument in item.arguments:
            self._argument(argument, net, self.top)
        fields = Names(inside or self.top)
        self._settings(item.body, fields, inside)

    def _settings(self, body: ast.Body, names: Names, inside: Names | None) -> None:
        for statement in body.statements:
            if isinstance(statement, ast.Step):
                self._settings(statement.body, names, inside)
            elif isinstance(statement, ast.Bind):
                word = statement.targets[0].id
                if word in ("loss", "metrics"):
                    self._compared(statement.value, names)
                elif word in PATTERN_SETTINGS and inside is not None:
                    self._patterns(statement.value, inside)
                    self._read(statement.value, self.top)
                else:
                    self._read(statement.value, self.top)

    def _compared(self, node: ast.Syntax, names: Names) -> None:
        """Losses and metrics: names are values of the net, else fields of the data."""
        match node:
            case ast.Name(id=name):
                symbol = names.find(name)
                if symbol is None or symbol.kind in ("net", "block", "used"):
                    self._give(names, "field", name, node.span)
                else:
                    symbol.references.append(node.span)
            case ast.Attribute():
                self._read(node, names)
            case ast.Call():
                for argument in node.arguments:
                    self._compared(argument.value, names)
            case ast.List(items=items):
                for item in items:
                    if not isinstance(item, ast.Name):  # a bare metric
                        self._compared(item, names)
            case ast.Table(entries=entries):
                for _, value in entries:
                    self._compared(value, names)
            case ast.Flow() | ast.Binary() | ast.Unary() | ast.Conditional():
                for child in children(node):
                    self._compared(child, names)

    def _patterns(self, node: ast.Syntax, inside: Names) -> None:
        """Strings in a setting are paths of the net."""
        stack = [node]
        while stack:
            found = stack.pop()
            if isinstance(found, ast.String):
                self._path(found, inside)
            elif isinstance(found, ast.Table):
                stack += [key for key, _ in found.entries] + [value for _, value in found.entries]
            elif not isinstance(found, ast.Call) or (
                isinstance(found.function, ast.Name) and found.function.id == "copy"
            ):
                stack += children(found)

    def _path(self, node: ast.String, inside: Names) -> None:
        if node.span.line != node.span.end_line or len(node.value) != node.span.end_column - node.span.column - 2:
            return  # with escapes, letters are not where they seem
        for part in re.finditer(r"(?:^|\.\.)([A-Za-z_]\w*)((?:\.(?!\.)\w+)*)", node.value):
            names: Names | None = inside
            at = part.start(1)
            for word in (part.group(1) + part.group(2)).split("."):
                symbol = names.own.get(word) if names is not None else None
                if symbol is None:
                    break
                start = node.span.column + 1 + at
                symbol.references.append(Span(node.span.file, node.span.line, start, node.span.line, start + len(word)))
                at += len(word) + 1
                names = _inside(symbol)

    # ---------------------------------------------------------------- statements
    def _body(self, body: ast.Body, names: Names) -> None:
        for statement in body.statements:
            self._statement(statement, names)

    def _statement(self, statement: ast.Statement, names: Names) -> None:
        match statement:
            case ast.Input(inputs=inputs):
                for each in inputs:
                    if each.shape is not None:
                        self._shape(each.shape, names)
                    self._give(names, "input", each.name, each.name_span, each)
            case ast.Bind():
                self._bind(statement, names)
            case ast.If() | ast.For() | ast.Repeat() | ast.Frozen() | ast.TrainOnly():
                self._control(statement, names)
            case _:
                self._read(statement, names)

    def _shape(self, node: ast.Expression, names: Names) -> None:
        stack: list[ast.Syntax] = [node]
        while stack:
            found = stack.pop()
            if isinstance(found, ast.Name) and names.find(found.id) is None:
                self._give(names, "dimension", found.id, found.span, found)
            elif isinstance(found, ast.Name):
                self._read(found, names)
            stack += reversed(children(found))

    def _control(self, node: ast.Control, names: Names) -> None:
        inner = Names(names)
        match node:
            case ast.If():
                self._read(node.condition, names)
                self._body(node.then, inner)
                self._out(inner, names)
                if node.otherwise is not None:
                    other = Names(names)
                    other.own = dict(inner.own.items())
                    self._body(node.otherwise, other)
                    self._out(other, names)
            case ast.For():
                self._read(node.iterable, names)
                for target in node.targets:
                    self._give(inner, "loop", target.id, target.span, node)
                self._body(node.body, inner)
                self._out(inner, names)
            case ast.Repeat():
                self._read(node.count, names)
                self._body(node.body, inner)
                self._out(inner, names)
            case ast.Frozen() | ast.TrainOnly():
                self._body(node.body, inner)
                self._out(inner, names)

    @staticmethod
    def _out(inner: Names, names: Names) -> None:
        """Names that control binds are seen after it."""
        names.own.update({name: symbol for name, symbol in inner.own.items() if symbol.kind != "loop"})

    def _bind(self, node: ast.Bind, names: Names) -> None:
        inside = self._value(node.value, names)
        called = self._called(node.value, names)
        for target in node.targets:
            known = names.find(target.id)
            if known is not None and known.kind == "state" and target.id in names.own:
                known.definitions.append(target.span)
                continue
            made = self._give(names, "shared" if node.shared else "bind", target.id, target.span, node)
            made.value, made.inside, made.called = node.value, inside, called

    def _value(self, value: ast.Flow | ast.Control, names: Names) -> Names | None:
        """Read what a bind stands for; gives the names in its braces."""
        if not isinstance(value, ast.Flow):
            inner = Names(names)
            self._control(value, inner)
            return inner
        inside = None
        for element in value.elements:
            inside = self._element(element, names) or inside
        return inside

    def _called(self, value: ast.Flow | ast.Control, names: Names) -> Symbol | None:
        """The block, net or shared layer that a flow ends with."""
        if not isinstance(value, ast.Flow):
            return None
        last = value.elements[-1]
        word = last.function if isinstance(last, ast.Call) else last
        return names.find(word.id) if isinstance(word, ast.Name) else None

    def _element(self, element: ast.Syntax, names: Names) -> Names | None:
        if not isinstance(element, ast.Braced):
            self._read(element, names)
            return None
        inner = Names(names)
        if (
            isinstance(element.head, ast.Call)
            and isinstance(element.head.function, ast.Name)
            and element.head.function.id == "scan"
        ):
            for argument in element.head.arguments:
                self._read(argument.value, names)
                if argument.name is not None and argument.name != "reverse":
                    self._give(inner, "state", argument.name, _begin(argument.span, argument.name), argument)
        elif element.head is not None:
            self._read(element.head, names)
        self._body(element.body, inner)
        return inner

    # ---------------------------------------------------------------- reading names
    def _read(self, node: ast.Syntax, names: Names) -> None:
        match node:
            case ast.Name(id=name):
                symbol = names.find(name)
                if symbol is not None:
                    symbol.references.append(node.span)
            case ast.Prev(name=name):
                symbol = names.find(name)
                if symbol is not None:
                    at = node.span
                    symbol.references.append(
                        Span(at.file, at.end_line, at.end_column - len(name), at.end_line, at.end_column)
                    )
            case ast.Attribute():
                self._attribute(node, names)
            case ast.Call():
                self._read(node.function, names)
                callee = names.find(node.function.id) if isinstance(node.function, ast.Name) else None
                for argument in node.arguments:
                    self._argument(argument, callee, names)
            case ast.Braced():
                self._element(node, names)
            case ast.Table(entries=entries):
                for key, value in entries:
                    if not isinstance(key, ast.Name) or names.find(key.id) is not None:
                        self._read(key, names)
                    self._read(value, names)
            case _:
                for child in children(node):
                    self._read(child, names)

    def _argument(self, argument: ast.Argument, callee: Symbol | None, names: Names) -> None:
        if argument.name is not None and callee is not None and isinstance(callee.whole, (ast.Block, ast.Net)):
            self._pending(callee, argument)
        self._read(argument.value, names)

    def _pending(self, callee: Symbol, argument: ast.Argument) -> None:
        """The name of an argument is the parameter's, whose block may stand further down."""
        assert argument.name is not None
        self._waiting.append((callee, argument.name, _begin(argument.span, argument.name)))

    def _attribute(self, node: ast.Attribute, names: Names) -> None:
        self._read(node.value, names)
        self._later.append((node, names))

    def finish(self) -> None:
        """Follow what had to wait until all names were given: dotted paths, and names of arguments."""
        for callee, name, span in self._waiting:
            found = callee.inside.own.get(name) if callee.inside is not None else None
            if found is not None and found.kind == "parameter":
                found.references.append(span)
        for node, names in self._later:
            symbol = self._target(node, names)
            if symbol is not None:
                at = node.span
                symbol.references.append(
                    Span(at.file, at.end_line, at.end_column - len(node.name), at.end_line, at.end_column)
                )

    def _target(self, node: ast.Syntax, names: Names) -> Symbol | None:
        """The name that a dotted path ends at."""
        match node:
            case ast.Name(id=name):
                return names.find(name)
            case ast.Index(value=value):
                return self._target(value, names)
            case ast.Attribute(value=value, name=name):
                owner = self._target(value, names)
                inside = None if owner is None else _inside(owner)
                return None if inside is None else inside.own.get(name)
        return None


def _inside(symbol: Symbol) -> Names | None:
    """The names behind a symbol's dot: of its own braces, else of the block that it applies."""
    if symbol.inside is not None and symbol.inside.own:
        return symbol.inside
    return symbol.called.inside if symbol.called is not None else symbol.inside


def _begin(span: Span, name: str) -> Span:
    """The name at the beginning of a span."""
    return Span(span.file, span.line, span.column, span.line, span.column + len(name))


def resolve(analysis: Analysis) -> Resolver:
    """All names of a file."""
    made: Resolver | None = analysis.answers.get("names")
    if made is None:
        made = analysis.answers["names"] = Resolver(analysis.file.items)
        made.finish()
    return made


def symbol_at(analysis: Analysis, place: Span) -> Symbol | None:
    """The name at a place of a part."""
    for symbol in resolve(analysis).symbols:
        if any(span.covers(place) for span in symbol.spans()):
            return symbol
    return None


def is_name(word: str) -> bool:
    """Whether a word may be given as a name."""
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", word) is not None and word not in keywords()


@cache
def keywords() -> frozenset[str]:
    """The reserved words."""
    return frozenset(load().keywords)
