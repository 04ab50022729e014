"""One walk over a file, which gives names and notes where they are read."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler.language_service.symbols.section import Section
from netc.compiler.language_service.symbols.symbol import Names, Symbol, begin_of, end_of, inside_of
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from netc.grammar.walk import children


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
    def give(self, names: Names, kind: str, name: str, span: Span, whole: ast.Syntax | None = None) -> Symbol:
        """A name that is given here; the same once more where the braces have one of that kind."""
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
                self.give(self.top, kind, item.name, item.name_span, item)
            case ast.Use():
                for used in item.names:
                    self.give(self.top, "used", used.alias, end_of(used.span, used.alias), used)
            case ast.Bind():
                for target in item.targets:
                    made = self.give(self.top, "static", target.id, target.span, item)
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
                        self.read(parameter.default, names)
                    self.give(names, "parameter", parameter.name, begin_of(parameter.span, parameter.name), parameter)
                self._body(item.body, names)
            case ast.Bind():
                self.read(item.value, self.top)
            case ast.Train():
                self._train(item)

    def _train(self, item: ast.Train) -> None:
        net = self.top.own.get(item.net)
        if net is not None and net.kind == "net":
            net.references.append(item.net_span)
        inside = self.bodies.get(item.net)
        for argument in item.arguments:
            self._argument(argument, net, self.top)
        Section(self.top, inside, self.read, self.give).read(item.body)

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
                    self.give(names, "input", each.name, each.name_span, each)
            case ast.Bind():
                self._bind(statement, names)
            case ast.If() | ast.For() | ast.Repeat() | ast.Frozen() | ast.TrainOnly():
                self._control(statement, names)
            case _:
                self.read(statement, names)

    def _shape(self, node: ast.Expression, names: Names) -> None:
        stack: list[ast.Syntax] = [node]
        while stack:
            found = stack.pop()
            if isinstance(found, ast.Name) and names.find(found.id) is None:
                self.give(names, "dimension", found.id, found.span, found)
            elif isinstance(found, ast.Name):
                self.read(found, names)
            stack += reversed(children(found))

    def _control(self, node: ast.Control, names: Names) -> None:
        inner = Names(names)
        match node:
            case ast.If():
                self.read(node.condition, names)
                self._body(node.then, inner)
                self._out(inner, names)
                if node.otherwise is not None:
                    other = Names(names)
                    other.own = dict(inner.own.items())
                    self._body(node.otherwise, other)
                    self._out(other, names)
            case ast.For():
                self.read(node.iterable, names)
                for target in node.targets:
                    self.give(inner, "loop", target.id, target.span, node)
                self._body(node.body, inner)
                self._out(inner, names)
            case ast.Repeat():
                self.read(node.count, names)
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
            made = self.give(names, "shared" if node.shared else "bind", target.id, target.span, node)
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
            self.read(element, names)
            return None
        inner = Names(names)
        if (
            isinstance(element.head, ast.Call)
            and isinstance(element.head.function, ast.Name)
            and element.head.function.id == "scan"
        ):
            for argument in element.head.arguments:
                self.read(argument.value, names)
                if argument.name is not None and argument.name != "reverse":
                    self.give(inner, "state", argument.name, begin_of(argument.span, argument.name), argument)
        elif element.head is not None:
            self.read(element.head, names)
        self._body(element.body, inner)
        return inner

    # ---------------------------------------------------------------- reading names
    def read(self, node: ast.Syntax, names: Names) -> None:
        """Note all names that an expression reads."""
        match node:
            case ast.Name(id=name):
                symbol = names.find(name)
                if symbol is not None:
                    symbol.references.append(node.span)
            case ast.Prev(name=name):
                symbol = names.find(name)
                if symbol is not None:
                    symbol.references.append(end_of(node.span, name))
            case ast.Attribute():
                self._attribute(node, names)
            case ast.Call():
                self.read(node.function, names)
                callee = names.find(node.function.id) if isinstance(node.function, ast.Name) else None
                for argument in node.arguments:
                    self._argument(argument, callee, names)
            case ast.Braced():
                self._element(node, names)
            case ast.Table(entries=entries):
                for key, value in entries:
                    if not isinstance(key, ast.Name) or names.find(key.id) is not None:
                        self.read(key, names)
                    self.read(value, names)
            case _:
                for child in children(node):
                    self.read(child, names)

    def _argument(self, argument: ast.Argument, callee: Symbol | None, names: Names) -> None:
        if argument.name is not None and callee is not None and isinstance(callee.whole, (ast.Block, ast.Net)):
            self._pending(callee, argument)
        self.read(argument.value, names)

    def _pending(self, callee: Symbol, argument: ast.Argument) -> None:
        """The name of an argument is the parameter's, whose block may stand further down."""
        assert argument.name is not None
        self._waiting.append((callee, argument.name, begin_of(argument.span, argument.name)))

    def _attribute(self, node: ast.Attribute, names: Names) -> None:
        self.read(node.value, names)
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
                symbol.references.append(end_of(node.span, node.name))

    def _target(self, node: ast.Syntax, names: Names) -> Symbol | None:
        """The name that a dotted path ends at."""
        match node:
            case ast.Name(id=name):
                return names.find(name)
            case ast.Index(value=value):
                return self._target(value, names)
            case ast.Attribute(value=value, name=name):
                owner = self._target(value, names)
                inside = None if owner is None else inside_of(owner)
                return None if inside is None else inside.own.get(name)
        return None
