"""The whole intermediate representation: Value, Node, Graph, and the Builder that grows a graph.

A graph is a list of nodes in an order in which they can run. Axes, shapes and pads are attributes, never inputs.
Every value remembers the layer and the line it came from. Gradients, optimizer updates and metrics are nodes of the
same kind, so that each pass applies to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Union

from netc.compiler.ir.dims import Shape, Size
from netc.compiler.ir.operators import ShapeError, operator
from netc.grammar.diagnostics import Span


class DType(StrEnum):
    """Element types, named as numpy names them."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    INT64 = "int64"
    INT32 = "int32"
    UINT8 = "uint8"
    BOOL = "bool"

    @property
    def is_float(self) -> bool:
        """Whether these are floating-point numbers, of whatever precision."""
        return self in (DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)


@dataclass(frozen=True, slots=True)
class Tensor:
    """A literal: values in C order. Big uniform tensors are an Expand of a scalar, not a Tensor."""

    dtype: DType
    shape: tuple[int, ...]
    values: tuple[float | int | bool, ...]


Attribute = Union[int, float, str, bool, None, DType, Size, Tensor, "Graph", tuple["Attribute", ...]]


Purpose = Literal["loss", "metric", "clip", "optimizer", "stack"]
"""What a node is for that belongs to no layer: `optimizer` moves one parameter or statistic, `stack` many together."""


class Origin(NamedTuple):
    """Where something comes from: the dotted path of its layer and the place in the text.

    purpose  what it is for where that is no layer; then the scope begins with this word. A layer may be called so too
    """

    scope: str = ""
    span: Span | None = None
    purpose: Purpose | None = None

    @staticmethod
    def of(purpose: Purpose, name: str = "", span: Span | None = None) -> Origin:
        """The origin of a loss or metric of this name, of clipping, or of what moves the parameter of this name."""
        return Origin(f"{purpose}.{name}" if name else purpose, span, purpose)


NOWHERE = Origin()


@dataclass(eq=False, slots=True)
class Value:
    """A tensor that will exist at run time. Equal by identity; `node` is None for inputs and parameters."""

    name: str
    dtype: DType
    shape: Shape
    origin: Origin = NOWHERE
    node: Node | None = None

    @property
    def rank(self) -> int:
        """The number of axes, the batch included."""
        return len(self.shape)

    def __repr__(self) -> str:
        return f"%{self.name}: {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(eq=False, slots=True)
class Node:
    """One operation: `op` is the name of a class in `compiler/ops`, and ONNX's name where ONNX has the operator.

    `attributes` holds an Attribute for every name that the operator declares.
    """

    op: str
    inputs: tuple[Value, ...]
    attributes: dict[str, Any]
    outputs: tuple[Value, ...] = ()
    origin: Origin = NOWHERE

    @property
    def output(self) -> Value:
        """The only output."""
        (value,) = self.outputs
        return value

    @property
    def bodies(self) -> dict[str, Graph]:
        """The graphs among its attributes: what it runs, perhaps many times. Each is closed: it reads its inputs."""
        for value in self.attributes.values():
            if isinstance(value, Graph):
                return {name: value for name, value in self.attributes.items() if isinstance(value, Graph)}
        return {}


@dataclass(slots=True)
class Graph:
    """Inputs (batch, targets, hyperparameters), parameters (weights, buffers, optimizer state), nodes, named outputs.

    `made` counts the nodes ever made, for names; a pass that leaves nodes out keeps it with `with_nodes`.
    """

    name: str
    inputs: list[Value] = field(default_factory=list)
    parameters: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    made: int = 0

    def __str__(self) -> str:
        from netc.compiler.ir.text import to_text

        return to_text(self)

    def copy(self) -> Graph:
        """A graph of its own that shares the (immutable by convention) nodes and values."""
        return self.with_nodes(list(self.nodes))

    def with_nodes(self, nodes: list[Node]) -> Graph:
        """The same graph with other nodes. New names stay unlike those that the old nodes gave."""
        made = max(self.made, len(self.nodes))
        return Graph(self.name, list(self.inputs), list(self.parameters), nodes, dict(self.outputs), made)

    def sources(self) -> Iterator[Value]:
        """Values that no node makes."""
        yield from self.inputs
        yield from self.parameters

    def take_apart(self) -> None:
        """Let go of the nodes of a graph that nobody looks at any more. They and their outputs know each other, so that
        otherwise only Python's collector of circles would find out that nobody else does."""
        for node in self.all_nodes():
            node.outputs = ()

    def all_nodes(self) -> Iterator[Node]:
        """Its nodes, and those of the graphs that nodes hold."""
        for node in self.nodes:
            yield node
            for body in node.bodies.values():
                yield from body.all_nodes()

    def consumers(self) -> dict[Value, list[Node]]:
        """For every value that is read, the nodes that read it, in order, each once."""
        readers: dict[Value, list[Node]] = {}
        for node in self.nodes:
            for value in node.inputs:
                found = readers.get(value)
                if found is None:
                    readers[value] = [node]
                elif found[-1] is not node:
                    found.append(node)
        return readers


INFINITY = float("inf")
LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127
LARGEST: dict[DType, float | int] = {DType.FLOAT32: LARGEST_FLOAT32, DType.INT64: 2**63 - 1}
"""The largest number of a type that numbers of the language become."""


def holds(dtype: DType, number: float | int | bool) -> bool:
    """Whether a number stays what it is in a type, but for rounding; infinity, which only we write, is itself."""
    return not LARGEST.get(dtype, INFINITY) < abs(number) or abs(number) == INFINITY


def too_large(number: float | int, dtype: DType) -> str:
    """The message about a number that a type has no place for."""
    shown = f"{number:g}" if abs(number) < 1e300 else "a number of more than 300 digits"
    return f"{shown} is more than {dtype} holds"


def append(
    graph: Graph,
    op: str,
    inputs: tuple[Value, ...],
    attributes: dict[str, Any],
    results: Sequence[tuple[DType, Shape]],
    origin: Origin,
) -> tuple[Value, ...]:
    """Append a node whose results are known to have these types and shapes, and return its outputs."""
    node = Node(op, inputs, attributes, (), origin)
    count = graph.made = max(graph.made + 1, len(graph.nodes))
    name = f"{origin.scope}.{op}_{count}" if origin.scope else f"{op}_{count}"
    if len(results) == 1:
        dtype, shape = results[0]
        node.outputs = (Value(name, dtype, shape, origin, node),)
    else:
        node.outputs = tuple(
            [Value(f"{name}.{i}", dtype, shape, origin, node) for i, (dtype, shape) in enumerate(results)]
        )
    graph.nodes.append(node)
    return node.outputs


class Builder:
    """Adds nodes to a graph: `g.MatMul(a, b)`, `g.Transpose(x, axes=(1, 0))`.

    A call looks the operator up in `compiler/ops`, runs its shape rule (which may raise ShapeError) and returns its
    output, or a tuple of them where the operator has several. Python numbers among the inputs become constants of
    the type of the first tensor of numbers.
    """

    def __init__(self, graph: Graph, origin: Origin = NOWHERE) -> None:
        self.graph = graph
        self.origin = origin

    def __getattr__(self, op: str) -> Callable[..., Value]:
        if not op[0].isupper():
            raise AttributeError(op)

        def call(*inputs: Value | float | int | bool, **attributes: Attribute) -> Value:
            outputs = self.add(op, inputs, attributes)
            return outputs[0] if len(outputs) == 1 else outputs  # type: ignore[return-value]

        return call

    def add(
        self, op: str, inputs: Sequence[Value | float | int | bool], attributes: Mapping[str, Attribute]
    ) -> tuple[Value, ...]:
        """Append a node and return its outputs."""
        definition = operator(op)
        values = tuple([item if isinstance(item, Value) else self._as_value(item, inputs) for item in inputs])
        complete = definition.complete(attributes)
        results = definition.infer(values, complete)
        return append(self.graph, op, values, complete, results, self.origin)

    def constant(self, values: float | int | bool | Iterable[float | int], dtype: DType = DType.FLOAT32) -> Value:
        """A literal scalar, or a vector from an iterable."""
        items = tuple(values) if isinstance(values, Iterable) else (values,)
        for item in items:
            if not holds(dtype, item):
                raise ShapeError(too_large(item, dtype), code="E241", help=f"the largest is {LARGEST[dtype]:.4g}")
        if isinstance(values, Iterable):
            return self.Constant(value=Tensor(dtype, (len(items),), items))
        return self.Constant(value=Tensor(dtype, (), (values,)))

    def _as_value(self, item: float | int | bool, inputs: Sequence[Value | float | int | bool]) -> Value:
        if isinstance(item, bool):
            return self.constant(item, DType.BOOL)
        types = (value.dtype for value in inputs if isinstance(value, Value))
        return self.constant(item, next((dtype for dtype in types if dtype != DType.BOOL), DType.FLOAT32))
