"""One method a production of `net.lark`: the pieces of the parser's stack become a node of `ast.py`.

Every node carries its exact span; no node is deeper than DEPTH, so later phases may recurse.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, TypeVar

from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Span
from netc.grammar.lexer import Lexed, Token
from netc.grammar.literals import LiteralError, number, shape, string
from netc.grammar.newlines import DEPTH
from netc.grammar.source import Source

Pieces = list[Any]
LAYERS = (ast.Name, ast.Call, ast.Attribute, ast.Index, ast.Conditional, ast.Flow, ast.Braced)
Node = TypeVar("Node", bound=ast.Syntax)


def only(pieces: Pieces, *kinds: str) -> list[Token]:
    """The tokens of some kinds among the pieces."""
    return [piece for piece in pieces if isinstance(piece, Token) and piece.kind in kinds]


def nodes(pieces: Pieces) -> Pieces:
    """The pieces that are no tokens."""
    return [piece for piece in pieces if not isinstance(piece, Token)]


class Builder:
    """Makes the nodes of one file. Findings about well-formed but impossible pieces go into the `Lexed`."""

    def __init__(self, source: Source, lexed: Lexed) -> None:
        self.source = source
        self.lexed = lexed
        self.depth: dict[int, int] = {}
        self.methods: dict[str, Callable[[Pieces, Span], Any]] = {}
        self.range = (0, 0)

    def _report(self, code: str, message: str, span: Span, help: str, *others: Label) -> None:
        """Adds a finding, unless an earlier step found something on the line so far."""
        start, end = self.range
        doubtful = self.lexed.doubtful
        position = bisect_left(doubtful, start - self.source.place(start)[1] + 1)
        if position < len(doubtful) and doubtful[position] <= end:
            return
        self.lexed.report(Diagnostic(code, message, Label(span), others, help=help))

    def _made(self, node: Node, pieces: Pieces) -> Node:
        """Notes how deep a node is; one past the limit is reported and counts as a leaf from then on."""
        depth = 1 + self._deepest(pieces)
        if depth > DEPTH:
            if not any(finding.code == "E108" for finding in self.lexed.findings):
                self._report(
                    "E108",
                    f"this is nested more than {DEPTH} deep",
                    node.span,
                    "take an inner part out into a block or a name",
                )
            raise TooDeepError
        self.depth[id(node)] = depth
        return node

    def made(self, action: str, pieces: Pieces, start: int, end: int) -> Any:
        """The node of a production, from its pieces and the offsets of its text."""
        self.range = (start, end)
        method = self.methods.get(action)
        if method is None:
            method = self.methods[action] = getattr(self, f"_{action}")
        node = method(pieces, self.source.span(start, end))
        if isinstance(node, ast.Syntax):
            return self._made(node, pieces)
        self.depth[id(node)] = self._deepest(pieces)
        return node

    def _deepest(self, pieces: Pieces) -> int:
        known, found = self.depth, 0
        for piece in pieces:
            depth = known.get(id(piece), 0)
            if depth > found:
                found = depth
        return found

    # ---------------------------------------------------------------- the file
    def _start(self, pieces: Pieces, span: Span) -> tuple[ast.Item, ...]:
        return tuple(nodes(pieces))

    def _use(self, pieces: Pieces, span: Span) -> ast.Use:
        names = tuple(piece for piece in pieces if isinstance(piece, ast.UseName))
        first = pieces[1]
        if isinstance(first, Token):
            return ast.Use(span, None, self._text(first), names)
        return ast.Use(span, first, None, names)

    def _module(self, pieces: Pieces, span: Span) -> tuple[str, ...]:
        return tuple(token.text for token in only(pieces, "NAME"))

    def _use_name(self, pieces: Pieces, span: Span) -> ast.UseName:
        return ast.UseName(span, pieces[0].text, pieces[-1].text)

    def _block(self, pieces: Pieces, span: Span) -> ast.Block:
        name = pieces[1]
        return ast.Block(span, name.text, self._span_of(name), self._parameters_of(pieces), pieces[-1])

    def _net(self, pieces: Pieces, span: Span) -> ast.Net:
        name = pieces[1]
        return ast.Net(
            span, name.text, self._span_of(name), self._parameters_of(pieces), self._label_of(pieces), pieces[-1]
        )

    def _train(self, pieces: Pieces, span: Span) -> ast.Train:
        name, arguments = pieces[1], next((piece for piece in pieces if isinstance(piece, Arguments)), ())
        return ast.Train(span, name.text, self._span_of(name), tuple(arguments), self._label_of(pieces), pieces[-1])

    def _parameters(self, pieces: Pieces, span: Span) -> Parameters:
        return Parameters(nodes(pieces))

    def _parameter(self, pieces: Pieces, span: Span) -> ast.Parameter:
        return ast.Parameter(span, pieces[0].text, pieces[2] if len(pieces) > 1 else None)

    def _parameters_of(self, pieces: Pieces) -> tuple[ast.Parameter, ...]:
        return tuple(next((piece for piece in pieces if isinstance(piece, Parameters)), ()))

    def _label_of(self, pieces: Pieces) -> str | None:
        found = only(pieces, "STRING")
        return self._text(found[0]) if found else None

    # ---------------------------------------------------------------- statements
    def _body(self, pieces: Pieces, span: Span) -> ast.Body:
        return ast.Body(span, tuple(nodes(pieces)))

    def _input(self, pieces: Pieces, span: Span) -> ast.Input:
        return ast.Input(span, tuple(nodes(pieces)))

    def _declaration(self, pieces: Pieces, span: Span) -> ast.InputDeclaration:
        types, shapes = only(pieces, "TYPE"), nodes(pieces)
        kind = types[0].text if types else "float"
        return ast.InputDeclaration(span, pieces[0].text, self._span_of(pieces[0]), kind, shapes[0] if shapes else None)

    def _output(self, pieces: Pieces, span: Span) -> ast.Output:
        return ast.Output(span, tuple(nodes(pieces)))

    def _expect(self, pieces: Pieces, span: Span) -> ast.Expect:
        return ast.Expect(span, pieces[1], self._label_of(pieces))

    def _if(self, pieces: Pieces, span: Span) -> ast.If:
        otherwise = pieces[4] if len(pieces) > 3 else None
        if isinstance(otherwise, ast.If):
            otherwise = self._made(ast.Body(otherwise.span, (otherwise,)), [otherwise])
            pieces.append(otherwise)
        return ast.If(span, pieces[1], pieces[2], otherwise)

    def _for(self, pieces: Pieces, span: Span) -> ast.For:
        iterable, body = nodes(pieces)
        return ast.For(span, self._targets_of(only(pieces, "NAME")), iterable, body)

    def _repeat(self, pieces: Pieces, span: Span) -> ast.Repeat:
        return ast.Repeat(span, pieces[1], pieces[2])

    def _frozen(self, pieces: Pieces, span: Span) -> ast.Frozen:
        return ast.Frozen(span, pieces[1])

    def _train_only(self, pieces: Pieces, span: Span) -> ast.TrainOnly:
        return ast.TrainOnly(span, pieces[2])

    def _bind(self, pieces: Pieces, span: Span) -> ast.Bind:
        return ast.Bind(span, self._targets_of(only(pieces, "NAME")), pieces[-1], pieces[0].kind == "SHARED")

    def _step(self, pieces: Pieces, span: Span) -> ast.Step:
        return ast.Step(span, pieces[1].text, pieces[2])

    def _targets_of(self, tokens: list[Token]) -> tuple[ast.Name, ...]:
        return tuple(ast.Name(self._span_of(token), token.text) for token in tokens)

    # ---------------------------------------------------------------- flows
    def _flow(self, pieces: Pieces, span: Span) -> ast.Flow:
        elements = nodes(pieces)
        for element in elements[1:]:
            if not isinstance(element, LAYERS):
                self._no_layer(element)
        return ast.Flow(span, tuple(elements))

    def _no_layer(self, element: ast.Expression) -> None:
        if isinstance(element, (ast.Binary, ast.Unary)):
            self._report(
                "E114",
                "arithmetic stands behind an arrow",
                element.span,
                "put the flow in parentheses, as in `(a -> tanh) * b`",
            )
        else:
            self._report(
                "E114",
                "only a layer can stand behind an arrow",
                element.span,
                "write a layer, a block or braces after `->`; a value starts a flow",
            )

    def _value(self, pieces: Pieces, span: Span) -> ast.Expression:
        flow: ast.Flow = pieces[0]
        first = flow.elements[0]
        return first if len(flow.elements) == 1 and not isinstance(first, ast.Braced) else flow

    def _braced(self, pieces: Pieces, span: Span) -> ast.Braced:
        head = pieces[0] if len(pieces) > 1 else None
        if head is not None and not isinstance(head, (ast.Name, ast.Call)):
            self._report(
                "E115",
                "braces follow something that is no layer",
                head.span,
                "write a layer before `{`, such as `add {`, or begin a new line",
            )
            head = None
        return ast.Braced(span, head, pieces[-1])

    # ---------------------------------------------------------------- expressions
    def _conditional(self, pieces: Pieces, span: Span) -> ast.Conditional:
        return ast.Conditional(span, pieces[0], pieces[2], pieces[4])

    def _binary(self, pieces: Pieces, span: Span) -> ast.Binary:
        return ast.Binary(span, pieces[1].text, pieces[0], pieces[2])

    def _unary(self, pieces: Pieces, span: Span) -> ast.Unary:
        return ast.Unary(span, pieces[0].text, pieces[1])

    def _range(self, pieces: Pieces, span: Span) -> ast.Range:
        return ast.Range(span, pieces[0], pieces[2])

    def _call(self, pieces: Pieces, span: Span) -> ast.Call:
        return ast.Call(span, pieces[0], tuple(pieces[1]))

    def _attribute(self, pieces: Pieces, span: Span) -> ast.Attribute:
        return ast.Attribute(span, pieces[0], pieces[2].text)

    def _index(self, pieces: Pieces, span: Span) -> ast.Index:
        return ast.Index(span, pieces[0], pieces[2])

    def _parenthesized(self, pieces: Pieces, span: Span) -> ast.Expression:
        inner: ast.Expression = pieces[1]
        return inner

    def _name(self, pieces: Pieces, span: Span) -> ast.Name:
        return ast.Name(span, pieces[0].text)

    def _prev(self, pieces: Pieces, span: Span) -> ast.Prev:
        return ast.Prev(span, pieces[1].text)

    def _constant(self, pieces: Pieces, span: Span) -> ast.Constant:
        return ast.Constant(span, {"true": True, "false": False, "none": None}[pieces[0].text])

    def _number(self, pieces: Pieces, span: Span) -> ast.Number:
        try:
            return ast.Number(span, number(pieces[0].text))
        except LiteralError as error:
            self._report("E103", error.message, span, error.help)
            return ast.Number(span, 1)

    def _shape(self, pieces: Pieces, span: Span) -> ast.ShapeLiteral:
        try:
            return ast.ShapeLiteral(span, shape(pieces[0].text))
        except LiteralError as error:
            self._report("E103", error.message, span, error.help)
            return ast.ShapeLiteral(span, (1,))

    def _string(self, pieces: Pieces, span: Span) -> ast.String:
        return ast.String(span, self._text(pieces[0]))

    def _list(self, pieces: Pieces, span: Span) -> ast.List:
        return ast.List(span, tuple(nodes(pieces)))

    def _table(self, pieces: Pieces, span: Span) -> ast.Table:
        return ast.Table(span, tuple(nodes(pieces)))

    def _entry(self, pieces: Pieces, span: Span) -> Entry:
        return Entry((pieces[0], pieces[2]))

    def _arguments(self, pieces: Pieces, span: Span) -> Arguments:
        arguments = Arguments(nodes(pieces))
        names: dict[str, ast.Argument] = {}
        for argument in arguments:
            if argument.name is None and names:
                self._report(
                    "E111",
                    "a positional argument stands after a named one",
                    argument.span,
                    "move it before the named ones, or name it",
                    Label(next(iter(names.values())).span, "named"),
                )
                break
            if argument.name in names:
                self._report(
                    "E111",
                    f"the argument `{argument.name}` is given twice",
                    argument.span,
                    "give each argument once",
                    Label(names[argument.name].span, "the first time"),
                )
            elif argument.name is not None:
                names[argument.name] = argument
        return arguments

    def _argument(self, pieces: Pieces, span: Span) -> ast.Argument:
        return ast.Argument(span, pieces[0].text if len(pieces) > 1 else None, pieces[-1])

    # ---------------------------------------------------------------- tokens
    def _span_of(self, token: Token) -> Span:
        return self.source.span(token.start, token.end)

    def _text(self, token: Token) -> str:
        try:
            return string(token.text)
        except LiteralError as error:
            self._report("E102", error.message, self._span_of(token), error.help)
            return token.text[1:-1]


class TooDeepError(Exception):
    """A node is past the depth limit; the parser drops its statement. The finding is already made."""


class Parameters(list[ast.Parameter]):
    """What stands between the parentheses of a net's or block's head."""


class Arguments(list[ast.Argument]):
    """What stands between the parentheses of a call."""


class Entry(tuple[ast.Expression, ast.Expression]):
    """A key and a value of a table."""
