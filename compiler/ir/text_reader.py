"""Reads the text of a graph: tokens, then one small function for each construct. The format is in `text.py`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from netc.compiler.ir.dims import BATCH_SYMBOL, Dim, Shape, Size, Symbol, divide_exactly, floor_divide
from netc.compiler.ir.graph import DType, Graph, Node, Origin, Tensor, Value
from netc.grammar.diagnostics import Span

_TOKEN = re.compile(
    r"""\s*(?:(?P<value>%[^\s,:()=]+) | (?P<scope>@[^\s"]*) | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?) | (?P<word>\w[\w.]*) | (?P<mark>//|[-+*/=:,()\[\]]))""",
    re.VERBOSE,
)
_COUNTED = re.compile(r"_(\d+)(?:\.\d+)?$")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "none": None, "inf": math.inf, "nan": math.nan}


def from_text(text: str) -> Graph:
    """The graph that `to_text` printed; raises ValueError naming the line where it cannot be read.

    Symbols are equal by identity: the batch is `N`, others are made.
    """
    return GraphReader({"N": BATCH_SYMBOL}).read(text)


def read_size(text: str, sizes: Mapping[str, int]) -> int | float:
    """What a size's text comes to where these are the sizes in it; raises ValueError, ZeroDivisionError.

    Worked out in numbers alone: a text from anybody may stand for a polynomial of any length.
    """
    reader = GraphReader({}, sizes)
    reader._tokens = _tokens(text)
    number: int | float = reader._sum()
    if reader._at < len(reader._tokens):
        raise ValueError(f"`{reader._peek()}` is not expected")
    return number


class GraphReader:
    """Reads one graph; `symbols` are the known symbols by name, `sizes` those that are numbers."""

    def __init__(self, symbols: Mapping[str, Symbol], sizes: Mapping[str, int] | None = None) -> None:
        self.symbols = dict(symbols)
        self.sizes = sizes or {}
        self.values: dict[str, Value] = {}
        self.graph = Graph("")
        self._tokens: list[str] = []
        self._at = 0
        self._awaited: list[tuple[dict[str, Any], str]] = []

    def read(self, text: str) -> Graph:
        """The graph of this text; raises ValueError naming the line that cannot be read."""
        return self._read(iter(enumerate(text.splitlines(), 1)))

    def _read(self, lines: Iterator[tuple[int, str]], inside: bool = False) -> Graph:
        """What stands in the lines, up to `end` in a graph inside another one."""
        for number, line in lines:
            if inside and line.strip() == "end":
                break
            try:
                self._line(line)
            except (ValueError, KeyError, IndexError) as error:
                raise ValueError(f"line {number}: {error}: {line.strip()}") from error
            for attributes, name in self._awaited:
                attributes[name] = GraphReader(self.symbols)._read(lines, inside=True)
            self._awaited.clear()
        counted = [_COUNTED.search(name) for name in self.values]
        self.graph.made = max([len(self.graph.nodes), *(int(found[1]) for found in counted if found)])
        return self.graph

    # ------------------------------------------------------------ lines
    def _line(self, line: str) -> None:
        self._tokens, self._at = _tokens(line), 0
        if not self._tokens:
            return
        first = self._peek()
        if first == "graph":
            self._next()
            self.graph.name = self._next()
        elif first == "symbol":
            self._symbol()
        elif first in ("input", "parameter"):
            self._source()
        elif first == "output":
            self._next()
            name = self._next()
            self._expect("=")
            self.graph.outputs[name] = self._known()
        else:
            self._node()
        if self._at < len(self._tokens):
            raise ValueError(f"`{self._peek()}` is not expected")

    def _symbol(self) -> None:
        self._next()
        name = self._next()
        bounds: dict[str, int] = {}
        while self._at < len(self._tokens):
            key = self._next()
            self._expect("=")
            bounds[key] = int(self._next())
        self.symbols.setdefault(name, Symbol(name, **bounds))

    def _source(self) -> None:
        kind, name = self._next(), self._name()
        self._expect(":")
        dtype, shape = self._type()
        value = self._new(name, dtype, shape, self._origin())
        (self.graph.inputs if kind == "input" else self.graph.parameters).append(value)

    def _node(self) -> None:
        names = [self._name()]
        while self._take(","):
            names.append(self._name())
        self._expect("=")
        op = self._next()
        self._expect("(")
        inputs: list[Value] = []
        while not self._take(")"):
            inputs.append(self._known())
            self._take(",")
        attributes: dict[str, Any] = {}
        while not self._take(":"):
            key = self._next()
            self._expect("=")
            if self._take("graph"):
                attributes[key] = None  # until the lines that follow are read
                self._awaited.append((attributes, key))
            else:
                attributes[key] = self._attribute()
        types = [self._type()]
        while self._take(","):
            types.append(self._type())
        origin = self._origin()
        node = Node(op, tuple(inputs), attributes, origin=origin)
        node.outputs = tuple(
            self._new(name, dtype, shape, origin, node) for name, (dtype, shape) in zip(names, types, strict=True)
        )
        self.graph.nodes.append(node)

    # ------------------------------------------------------------ parts of lines
    def _new(self, name: str, dtype: DType, shape: Shape, origin: Origin, node: Node | None = None) -> Value:
        self.values[name] = Value(name, dtype, shape, origin, node)
        return self.values[name]

    def _name(self) -> str:
        token = self._next()
        if not token.startswith("%"):
            raise ValueError(f"a value is expected, found `{token}`")
        return token[1:]

    def _known(self) -> Value:
        name = self._name()
        if name not in self.values:
            raise ValueError(f"nothing makes %{name}")
        return self.values[name]

    def _type(self) -> tuple[DType, Shape]:
        return DType(self._next()), self._shape()

    def _shape(self) -> Shape:
        self._expect("[")
        sizes: list[Size] = []
        while not self._take("]"):
            sizes.append(self._sum())
            self._take(",")
        return tuple(sizes)

    def _origin(self) -> Origin:
        if self._at == len(self._tokens):
            return Origin()
        said = self._next()[1:]
        scope = said.removeprefix("!")
        purpose: Any = scope.partition(".")[0] if said != scope else None
        if self._at == len(self._tokens):
            return Origin(scope, None, purpose)
        file = json.loads(self._next())
        numbers: list[int] = []
        for mark in (":", ":", "-", ":"):
            self._expect(mark)
            numbers.append(int(self._next()))
        return Origin(scope, Span(file, *numbers), purpose)

    def _attribute(self) -> Any:
        token = self._peek()
        if token in _WORDS:
            return _WORDS[self._next()]
        if token in list(DType):
            return self._type_or_tensor()
        if token.startswith('"'):
            return json.loads(self._next())
        if token == "(" and self._closes_with_comma():
            return self._tuple()
        return self._sum()

    def _type_or_tensor(self) -> DType | Tensor:
        dtype = DType(self._next())
        if self._at == len(self._tokens) or self._peek() != "[":
            return dtype
        shape = self._shape()
        return Tensor(dtype, tuple(map(int, shape)), self._tuple())  # type: ignore[arg-type]

    def _tuple(self) -> tuple[Any, ...]:
        self._expect("(")
        items: list[Any] = []
        while not self._take(")"):
            items.append(self._attribute())
            self._take(",")
        return tuple(items)

    def _closes_with_comma(self) -> bool:
        """Whether the parenthesis here holds a list (a comma of its own, or nothing), not a size."""
        depth = 0
        for index in range(self._at, len(self._tokens)):
            token = self._tokens[index]
            depth += (token in "([") - (token in ")]")
            if depth == 0:
                return index == self._at + 1
            if depth == 1 and token == ",":
                return True
        return False

    # ------------------------------------------------------------ sizes and numbers
    def _sum(self) -> Any:
        total = self._product_signed()
        while self._at < len(self._tokens) and self._peek() in "+-":
            total = total + self._product() if self._next() == "+" else total - self._product()
        return total

    def _product_signed(self) -> Any:
        return -self._product() if self._take("-") else self._product()

    def _product(self) -> Any:
        result = self._factor()
        while self._at < len(self._tokens) and self._peek() in ("*", "/", "//"):
            mark, factor = self._next(), self._factor()
            if mark == "*":
                result = result * factor
            else:
                result = divide_exactly(result, factor) if mark == "/" else floor_divide(result, factor)
        return result

    def _factor(self) -> Any:
        token = self._next()
        if token == "(":
            inside = self._sum()
            self._expect(")")
            return inside
        if token in _WORDS:
            return _WORDS[token]
        if token in self.sizes:
            return self.sizes[token]
        if token in self.symbols:
            return Dim(self.symbols[token])
        return int(token) if token.isdigit() else float(token)

    # ------------------------------------------------------------ tokens
    def _peek(self) -> str:
        return self._tokens[self._at]

    def _next(self) -> str:
        if self._at == len(self._tokens):
            raise ValueError("the line ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, mark: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == mark
        self._at += found
        return found

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise ValueError(f"`{mark}` is expected, found `{self._next()}`")


def _tokens(line: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while line[at:].strip():
        found = _TOKEN.match(line, at)
        if found is None:
            raise ValueError(f"`{line[at:].strip()[0]}` is not expected")
        tokens.append(found[found.lastgroup or 0])
        at = found.end()
    return tokens
