"""The syntax tree of a `.net` file, on one screen: what the parser makes and elaboration reads.

Nothing here knows layers or shapes. Whether a word is a layer or a value is decided by elaboration
(`docs/language.md`, "Names"), so both are a Name or a Call here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from netc.grammar.diagnostics import Span


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Syntax:
    """What every node has: its place in the text. Nodes are equal where all that they have is.

    Said here once: the methods that dataclasses write for each class are a tenth of a short command's time.
    """

    span: Span

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _all(self) == _all(other)

    def __hash__(self) -> int:
        return hash(_all(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{one.name}={getattr(self, one.name)!r}' for one in fields(self))})"


def _all(node: Any) -> tuple[Any, ...]:
    return tuple([getattr(node, one.name) for one in fields(node)])


# ---------------------------------------------------------------- expressions
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Number(Syntax):
    """`32`, `1_000`, `1e-3`, `0.3M`, `512MB`, `4GiB`, `5ms`: units are multiplied out; whole results are int."""

    value: int | float


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class String(Syntax):
    """`"relu"`, without quotes and escapes."""

    value: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(Syntax):
    """`true`, `false`, `none`."""

    value: bool | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Name(Syntax):
    """A word; `in` is the name "in"."""

    id: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Prev(Syntax):
    """`prev h`: the state h of a scan, one step before."""

    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ShapeLiteral(Syntax):
    """`3x224x224`."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class List(Syntax):
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table(Syntax):
    """`[18: a, 34: b]`; a key that is a Name stands for its word."""

    entries: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Range(Syntax):
    """`start..stop`, the end excluded."""

    start: Expression
    stop: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unary(Syntax):
    """`-x`, `not x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(Syntax):
    """`+ - * / // % **`, `and`, `or`, and the comparisons `== != < <= > >=`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Conditional(Syntax):
    """`then if condition else otherwise`."""

    then: Expression
    condition: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Argument(Syntax):
    """One argument of a call; `name` is None for a positional one."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(Syntax):
    """`conv(32, 3x3, act=relu)`; `function` is a Name, an Attribute or an Index."""

    function: Expression
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attribute(Syntax):
    """`x.channels`, `cnn.stage4`."""

    value: Expression
    name: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(Syntax):
    """`skip[-1]`."""

    value: Expression
    index: Expression


# ---------------------------------------------------------------- flows
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Braced(Syntax):
    """`add { … }`, `scan(h = start) { … }`; a chain `{ … }` has no head."""

    head: Name | Call | None
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Flow(Syntax):
    """`source -> layer(args) -> layer`: one element or more.

    As an expression (in parentheses, an argument, a list item, a default, a table's value) it has two elements or
    more, or braces alone: a flow of one expression is that expression.
    """

    elements: tuple[Expression | Braced, ...]


# ---------------------------------------------------------------- statements
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Body(Syntax):
    """What stands between braces; the span covers the braces."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InputDeclaration(Syntax):
    """`image: 3x224x224`, `words: int [T]`, `action: int`, `image: bytes 224x224x3`. `type` is "float" unless said."""

    name: str
    name_span: Span
    type: str
    shape: Expression | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Input(Syntax):
    """`input left: 1x28x28, right: 1x28x28`."""

    inputs: tuple[InputDeclaration, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Output(Syntax):
    """`output a, b`."""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Expect(Syntax):
    """`expect params == 129_130 "why"`."""

    condition: Expression
    why: str | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(Syntax):
    """`else if` is an `otherwise` body that holds one If."""

    condition: Expression
    then: Body
    otherwise: Body | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class For(Syntax):
    """`for f, n in [[64, 2], [128, 3]] { … }`."""

    targets: tuple[Name, ...]
    iterable: Expression
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Repeat(Syntax):
    """`repeat n { … }`."""

    count: Expression
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Frozen(Syntax):
    """`frozen { … }`."""

    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TrainOnly(Syntax):
    """`train only { … }`."""

    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bind(Syntax):
    """`skip = …`, `i, f = …`, `shared embed = …`, `stage1 = repeat n { … }`; also a setting of a train section."""

    targets: tuple[Name, ...]
    value: Flow | Control
    shared: bool = False


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Step(Syntax):
    """`step critic { … }` in a train section."""

    name: str
    body: Body


# ---------------------------------------------------------------- the file
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class UseName(Syntax):
    """`basic as plain`; `alias` equals `name` without `as`."""

    name: str
    alias: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Use(Syntax):
    """`use std.resnet (ResNet)` has module ("std", "resnet"); `use "residual.net" (basic)` has a path. One is None."""

    module: tuple[str, ...] | None
    path: str | None
    names: tuple[UseName, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Parameter(Syntax):
    """A parameter of a block or net: `act = relu`; `default` is None for a required one."""

    name: str
    default: Expression | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Block(Syntax):
    """`block basic(filters, stride = 1) { … }`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Net(Syntax):
    """`net Lecture(classes = 10) "label" { … }`."""

    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    label: str | None
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Train(Syntax):
    """`train NET(arguments) "label" { … }`: the body holds Binds and Steps."""

    net: str
    net_span: Span
    arguments: tuple[Argument, ...]
    label: str | None
    body: Body


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comment(Syntax):
    """The text includes the leading `#`."""

    text: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class File(Syntax):
    """One file; `source` is its whole text."""

    items: tuple[Item, ...]
    comments: tuple[Comment, ...]
    source: str


Atom = Number | String | Constant | Name | Prev | ShapeLiteral | List | Table
Expression = Atom | Range | Unary | Binary | Conditional | Call | Attribute | Index | Flow
Control = If | For | Repeat | Frozen | TrainOnly
Statement = Input | Output | Expect | If | For | Repeat | Frozen | TrainOnly | Bind | Flow | Step
Item = Use | Block | Net | Train | Bind
