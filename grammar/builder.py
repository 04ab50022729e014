"""One method a production of `net.lark`: the pieces of the parser's stack become a node of `ast.py`.

Every node carries its exact span; no node is deeper than DEPTH, so later phases may recurse.
"""

from __future__ import annotations

from typing import Any, TypeVar

from netc.grammar import ast
from netc.grammar.diagnostics import Diagnostic, Label, Span
from netc.grammar.layout import DEPTH
from netc.grammar.lexer import Lexed, Token
from netc.grammar.literals import LiteralError, number, shape, string
from netc.grammar.source import Source

Pieces = list[Any]
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

    def span(self, start: int, end: int) -> Span:
        return self.source.span(start, end)

    def report(self, code: str, message: str, span: Span, help: str, *others: Label) -> None:
        self.lexed.findings.append(Diagnostic(code, message, Label(span), others, help=help))

    def _made(self, node: Node, pieces: Pieces, extra: int = 1) -> Node:
        """Notes how deep a node is; one past the limit is reported and counts as a leaf from then on."""
        depth = extra + max((self.depth.get(id(piece), 0) for piece in pieces), default=0)
        if depth > DEPTH:
            self.report("E108", f"this is nested more than {DEPTH} deep", node.span,
                        "take an inner part out into a block or a name")  # fmt: skip
            raise TooDeep
        self.depth[id(node)] = depth
        return node

    def made(self, action: str, pieces: Pieces, start: int, end: int) -> Any:
        """The node of a production, from its pieces and the offsets of its text."""
        node = getattr(self, f"{action}_")(pieces, self.span(start, end))
        return self._made(node, pieces) if isinstance(node, ast.Syntax) else node

    # ---------------------------------------------------------------- the file
    def start_(self, pieces: Pieces, span: Span) -> tuple[ast.Item, ...]:
        return tuple(nodes(pieces))

    def use_(self, pieces: Pieces, span: Span) -> ast.Use:
        names = tuple(piece for piece in pieces if isinstance(piece, ast.UseName))
        first = pieces[1]
        if isinstance(first, Token):
            return ast.Use(span, None, self._string(first), names)
        return ast.Use(span, first, None, names)

    def module_(self, pieces: Pieces, span: Span) -> tuple[str, ...]:
        return tuple(token.text for token in only(pieces, "NAME"))

    def use_name_(self, pieces: Pieces, span: Span) -> ast.UseName:
        return ast.UseName(span, pieces[0].text, pieces[-1].text)

    def block_(self, pieces: Pieces, span: Span) -> ast.Block:
        name = pieces[1]
        return ast.Block(span, name.text, self._of(name), self._parameters(pieces), pieces[-1])

    def net_(self, pieces: Pieces, span: Span) -> ast.Net:
        name = pieces[1]
        return ast.Net(span, name.text, self._of(name), self._parameters(pieces), self._label(pieces), pieces[-1])

    def train_(self, pieces: Pieces, span: Span) -> ast.Train:
        name, arguments = pieces[1], next((piece for piece in pieces if isinstance(piece, Arguments)), ())
        return ast.Train(span, name.text, self._of(name), tuple(arguments), self._label(pieces), pieces[-1])

    def parameters_(self, pieces: Pieces, span: Span) -> Parameters:
        return Parameters(nodes(pieces))

    def parameter_(self, pieces: Pieces, span: Span) -> ast.Parameter:
        return ast.Parameter(span, pieces[0].text, pieces[2] if len(pieces) > 1 else None)

    def _parameters(self, pieces: Pieces) -> tuple[ast.Parameter, ...]:
        return tuple(next((piece for piece in pieces if isinstance(piece, Parameters)), ()))

    def _label(self, pieces: Pieces) -> str | None:
        found = only(pieces, "STRING")
        return self._string(found[0]) if found else None

    # ---------------------------------------------------------------- statements
    def body_(self, pieces: Pieces, span: Span) -> ast.Body:
        return ast.Body(span, tuple(nodes(pieces)))

    def input_(self, pieces: Pieces, span: Span) -> ast.Input:
        return ast.Input(span, tuple(nodes(pieces)))

    def declaration_(self, pieces: Pieces, span: Span) -> ast.InputDeclaration:
        types, shapes = only(pieces, "TYPE"), nodes(pieces)
        kind = types[0].text if types else "float"
        return ast.InputDeclaration(span, pieces[0].text, self._of(pieces[0]), kind, shapes[0] if shapes else None)

    def output_(self, pieces: Pieces, span: Span) -> ast.Output:
        return ast.Output(span, tuple(nodes(pieces)))

    def expect_(self, pieces: Pieces, span: Span) -> ast.Expect:
        return ast.Expect(span, pieces[1], self._label(pieces))

    def if_(self, pieces: Pieces, span: Span) -> ast.If:
        otherwise = pieces[4] if len(pieces) > 3 else None
        if isinstance(otherwise, ast.If):
            otherwise = self._made(ast.Body(otherwise.span, (otherwise,)), [otherwise])
            pieces.append(otherwise)
        return ast.If(span, pieces[1], pieces[2], otherwise)

    def for_(self, pieces: Pieces, span: Span) -> ast.For:
        iterable, body = nodes(pieces)
        return ast.For(span, self._targets(only(pieces, "NAME")), iterable, body)

    def repeat_(self, pieces: Pieces, span: Span) -> ast.Repeat:
        return ast.Repeat(span, pieces[1], pieces[2])

    def frozen_(self, pieces: Pieces, span: Span) -> ast.Frozen:
        return ast.Frozen(span, pieces[1])

    def train_only_(self, pieces: Pieces, span: Span) -> ast.TrainOnly:
        return ast.TrainOnly(span, pieces[2])

    def bind_(self, pieces: Pieces, span: Span) -> ast.Bind:
        return ast.Bind(span, self._targets(only(pieces, "NAME")), pieces[-1], pieces[0].kind == "SHARED")

    def step_(self, pieces: Pieces, span: Span) -> ast.Step:
        return ast.Step(span, pieces[1].text, pieces[2])

    def _targets(self, tokens: list[Token]) -> tuple[ast.Name, ...]:
        return tuple(ast.Name(self._of(token), token.text) for token in tokens)

    # ---------------------------------------------------------------- flows
    def flow_(self, pieces: Pieces, span: Span) -> ast.Flow:
        elements = nodes(pieces)
        for element in elements[1:]:
            if not isinstance(element, (ast.Name, ast.Call, ast.Attribute, ast.Index, ast.Conditional, ast.Flow, ast.Braced)):
                self._no_layer(element, elements)
        return ast.Flow(span, tuple(elements))

    def _no_layer(self, element: ast.Expression, elements: Pieces) -> None:
        if isinstance(element, (ast.Binary, ast.Unary)):
            self.report("E114", "arithmetic stands behind an arrow", element.span,
                        "put the flow in parentheses, as in `(a -> tanh) * b`")  # fmt: skip
        else:
            self.report("E114", "only a layer can stand behind an arrow", element.span,
                        "write a layer, a block or braces after `->`; a value starts a flow")  # fmt: skip

    def value_(self, pieces: Pieces, span: Span) -> ast.Expression:
        flow: ast.Flow = pieces[0]
        first = flow.elements[0]
        return first if len(flow.elements) == 1 and not isinstance(first, ast.Braced) else flow

    def braced_(self, pieces: Pieces, span: Span) -> ast.Braced:
        head = pieces[0] if len(pieces) > 1 else None
        if head is not None and not isinstance(head, (ast.Name, ast.Call)):
            self.report("E115", "braces follow something that is no layer", head.span,
                        "write a layer before `{`, such as `add {`, or begin a new line")  # fmt: skip
            head = None
        return ast.Braced(span, head, pieces[-1])

    # ---------------------------------------------------------------- expressions
    def conditional_(self, pieces: Pieces, span: Span) -> ast.Conditional:
        return ast.Conditional(span, pieces[0], pieces[2], pieces[4])

    def binary_(self, pieces: Pieces, span: Span) -> ast.Binary:
        return ast.Binary(span, pieces[1].text, pieces[0], pieces[2])

    def unary_(self, pieces: Pieces, span: Span) -> ast.Unary:
        return ast.Unary(span, pieces[0].text, pieces[1])

    def range_(self, pieces: Pieces, span: Span) -> ast.Range:
        return ast.Range(span, pieces[0], pieces[2])

    def call_(self, pieces: Pieces, span: Span) -> ast.Call:
        return ast.Call(span, pieces[0], tuple(pieces[1]))

    def attribute_(self, pieces: Pieces, span: Span) -> ast.Attribute:
        return ast.Attribute(span, pieces[0], pieces[2].text)

    def index_(self, pieces: Pieces, span: Span) -> ast.Index:
        return ast.Index(span, pieces[0], pieces[2])

    def parenthesized_(self, pieces: Pieces, span: Span) -> ast.Expression:
        inner: ast.Expression = pieces[1]
        return inner

    def name_(self, pieces: Pieces, span: Span) -> ast.Name:
        return ast.Name(span, pieces[0].text)

    def prev_(self, pieces: Pieces, span: Span) -> ast.Prev:
        return ast.Prev(span, pieces[1].text)

    def constant_(self, pieces: Pieces, span: Span) -> ast.Constant:
        return ast.Constant(span, {"true": True, "false": False, "none": None}[pieces[0].text])

    def number_(self, pieces: Pieces, span: Span) -> ast.Number:
        try:
            return ast.Number(span, number(pieces[0].text))
        except LiteralError as error:
            self.report("E103", error.message, span, error.help)
            return ast.Number(span, 1)

    def shape_(self, pieces: Pieces, span: Span) -> ast.ShapeLiteral:
        try:
            return ast.ShapeLiteral(span, shape(pieces[0].text))
        except LiteralError as error:
            self.report("E103", error.message, span, error.help)
            return ast.ShapeLiteral(span, (1,))

    def string_(self, pieces: Pieces, span: Span) -> ast.String:
        return ast.String(span, self._string(pieces[0]))

    def list_(self, pieces: Pieces, span: Span) -> ast.List:
        return ast.List(span, tuple(nodes(pieces)))

    def table_(self, pieces: Pieces, span: Span) -> ast.Table:
        return ast.Table(span, tuple(nodes(pieces)))

    def entry_(self, pieces: Pieces, span: Span) -> Entry:
        entry = Entry((pieces[0], pieces[2]))
        self.depth[id(entry)] = max(self.depth.get(id(pieces[0]), 0), self.depth.get(id(pieces[2]), 0))
        return entry

    def arguments_(self, pieces: Pieces, span: Span) -> Arguments:
        arguments = Arguments(nodes(pieces))
        self.depth[id(arguments)] = max((self.depth.get(id(argument), 0) for argument in arguments), default=0)
        names: dict[str, ast.Argument] = {}
        for argument in arguments:
            if argument.name is None and names:
                self.report("E111", "a positional argument stands after a named one", argument.span,
                            "move it before the named ones, or name it",
                            Label(next(iter(names.values())).span, "named"))  # fmt: skip
                break
            if argument.name in names:
                self.report("E111", f"the argument `{argument.name}` is given twice", argument.span,
                            "give each argument once", Label(names[argument.name].span, "the first time"))  # fmt: skip
            elif argument.name is not None:
                names[argument.name] = argument
        return arguments

    def argument_(self, pieces: Pieces, span: Span) -> ast.Argument:
        return ast.Argument(span, pieces[0].text if len(pieces) > 1 else None, pieces[-1])

    # ---------------------------------------------------------------- tokens
    def _of(self, token: Token) -> Span:
        return self.source.span(token.start, token.end)

    def _string(self, token: Token) -> str:
        try:
            return string(token.text)
        except LiteralError as error:
            self.report("E102", error.message, self._of(token), error.help)
            return token.text[1:-1]


class TooDeep(Exception):
    """A node is past the depth limit; the parser drops its statement. The finding is already made."""


class Parameters(list[ast.Parameter]):
    """What stands between the parentheses of a net's or block's head."""


class Arguments(list[ast.Argument]):
    """What stands between the parentheses of a call."""


class Entry(tuple[ast.Expression, ast.Expression]):
    """A key and a value of a table."""
