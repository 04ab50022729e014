"""The walk from the outputs backwards that finds a layer for every value, by the patterns of `lift/`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.lowering import LAYER, Lowering, Weight
from netc.compiler.importing.records import Array, derived
from netc.compiler.ir import Graph, Node, Value
from netc.compiler.passes.dead_code import dead_code

Pattern = Callable[["Lifting", Node], "Call | Value | None"]
"""What a node, and what is behind it, is: a call, another value that it equals, or None where it doesn't fit."""

PATTERNS: dict[str, list[tuple[int, Pattern]]] = {}
LARGE, MIDDLE, SMALL = 0, 1, 2
"""In which order patterns are tried."""


def lifts(*ops: str, size: int = MIDDLE) -> Callable[[Pattern], Pattern]:
    """Register a pattern under the operators of its last node, `Layer.word` for a layer."""

    def register(pattern: Pattern) -> Pattern:
        for op in ops:
            PATTERNS.setdefault(op, []).append((size, pattern))
            PATTERNS[op].sort(key=lambda entry: entry[0])
        return pattern

    return register


def kind(node: Node) -> str:
    """A node's operator; of a layer with its word."""
    return f"{LAYER}.{node.attributes['word']}" if node.op == LAYER else node.op


@dataclass(slots=True)
class Lifting:
    """A graph on its way to calls: what reads each value, and the weights of its parameters."""

    lowering: Lowering
    readers: dict[Value, int] = field(default_factory=dict)
    calls: dict[Value, Call] = field(default_factory=dict)
    same: dict[Value, Value] = field(default_factory=dict)

    @property
    def graph(self) -> Graph:
        """The graph that is lifted."""
        return self.lowering.graph

    # ------------------------------------------------------------ what patterns ask
    def made(self, value: Any, op: str, *, shared: bool = False) -> Node | None:
        """The node that makes a value, if it is of this operator and, unless `shared`, nothing else reads the value."""
        if not isinstance(value, Value) or value.node is None or kind(value.node) != op:
            return None
        return value.node if shared or self.readers.get(value, 0) <= 1 else None

    def number(self, value: Value) -> float | None:
        """The one known number that a value is."""
        node = value.node
        if node is None or node.op != "Constant" or len(node.attributes["value"].values) != 1:
            return None
        return float(node.attributes["value"].values[0])

    def array(self, value: Value) -> Array | None:
        """The numbers of a parameter."""
        weight = self.lowering.weights.get(value)
        return None if weight is None else weight.array

    def weight(self, value: Value, array: Array | None = None, done: str = "") -> Weight:
        """The weight of a parameter, changed to an array by something that has a name."""
        weight = self.lowering.weights[value]
        return weight if array is None else Weight(derived(weight.key, done), np.ascontiguousarray(array))

    def factors(self, value: Value, top: bool = True) -> tuple[float, list[Value]]:
        """A product taken apart: its number, and its other factors. Quotients by numbers are products too."""
        node = value.node
        if node is None or node.op not in ("Mul", "Div", "Neg") or not (top or self.readers.get(value, 0) <= 1):
            return 1.0, [value]
        if node.op == "Neg":
            number, rest = self.factors(node.inputs[0], False)
            return -number, rest
        a, b = node.inputs
        if node.op == "Div":
            by = self.number(b)
            if not by:
                return 1.0, [value]
            number, rest = self.factors(a, False)
            return number / by, rest
        scale = 1.0
        found: list[Value] = []
        for item in (a, b):
            known = self.number(item)
            if known is not None:
                scale *= known
                continue
            more, rest = self.factors(item, False)
            scale *= more
            found += rest
        return scale, found

    def terms(self, value: Value, top: bool = True) -> tuple[float, list[Value]]:
        """A sum taken apart: its number, and its other terms."""
        node = value.node
        if node is None or node.op not in ("Add", "Sub") or not (top or self.readers.get(value, 0) <= 1):
            return 0.0, [value]
        a, b = node.inputs
        if node.op == "Sub":
            by = self.number(b)
            if by is None:
                return 0.0, [value]
            number, rest = self.terms(a, False)
            return number - by, rest
        total = 0.0
        found: list[Value] = []
        for item in (a, b):
            known = self.number(item)
            if known is not None:
                total += known
                continue
            more, rest = self.terms(item, False)
            total += more
            found += rest
        return total, found

    def call(
        self, word: str, node: Node, *sources: Value | float, weights: dict[str, Weight] | None = None, **arguments: Any
    ) -> Call:
        """A call whose results are those of a node."""
        return Call(word, sources, node.outputs, arguments, weights or {}, self.lowering.scopes.get(node, ()))


def near(a: float | None, b: float, within: float = 1e-3) -> bool:
    """Whether a number is another one but for how it was written."""
    return a is not None and abs(a - b) <= within * max(1e-6, abs(b))


def lift(lowering: Lowering) -> Lifting:
    """Calls for everything that the outputs depend on; raises DiagnosticError E590 where a value has no words."""
    from netc.compiler.importing import lift as families

    assert families
    lifting = Lifting(lowering)
    fold_parameters(lifting)
    fuse(lowering.graph)
    grow(lowering.graph)
    lowering.graph.nodes = dead_code(lowering.graph).nodes
    for node in lowering.graph.nodes:
        for value in node.inputs:
            lifting.readers[value] = lifting.readers.get(value, 0) + 1
    for value in lowering.graph.outputs.values():
        lifting.readers[value] = lifting.readers.get(value, 0) + 1
    for name, value in lowering.graph.outputs.items():
        if value in lowering.graph.inputs:
            lowering.graph.outputs[name] = lowering.layer("identity", [value], value.shape, dtype=value.dtype)
    waiting = list(lowering.graph.outputs.values())
    while waiting:
        value = waiting.pop()
        if value in lifting.calls or value in lifting.same or value in lowering.graph.inputs:
            continue
        found = _found(lifting, value)
        if isinstance(found, Value):
            lifting.same[value] = found
            waiting.append(found)
            continue
        for output in found.outputs:
            lifting.calls[output] = found
        waiting += found.reads
    _resolve(lifting)
    return lifting


def _found(lifting: Lifting, value: Value) -> Call | Value:
    if value in lifting.lowering.weights:
        weight = lifting.lowering.weights[value]
        return Call("parameter", (), (value,), {"shape": value.shape}, {"weight": weight})
    node = value.node
    assert node is not None, value
    for _, pattern in PATTERNS.get(kind(node), ()):
        found = pattern(lifting, node)
        if found is not None:
            return found
    if node.op == LAYER:
        said = node.attributes
        return Call(
            said["word"],
            _flowing(node),
            node.outputs,
            said["arguments"],
            said["weights"],
            lifting.lowering.scopes.get(node, ()),
        )
    shown = node.op.lower()
    raise unsupported(f"there are no words for {shown} of {', '.join(str(list(item.shape)) for item in node.inputs)}")


def _flowing(node: Node) -> tuple[Value, ...]:
    """What flows into a layer, without what it reads by arguments."""
    named = [item for item in node.attributes["arguments"].values() if isinstance(item, Value)]
    return tuple(item for item in node.inputs if item not in named)


def _resolve(lifting: Lifting) -> None:
    """Values that equal others are read as those."""

    def final(item: Any) -> Any:
        while isinstance(item, Value) and item in lifting.same:
            item = lifting.same[item]
        return item

    for call in set(lifting.calls.values()):
        call.sources = tuple(map(final, call.sources))
        call.arguments = {name: final(item) for name, item in call.arguments.items()}
    outputs = lifting.graph.outputs
    lifting.graph.outputs = {name: final(value) for name, value in outputs.items()}


_MOVES: dict[str, Callable[[Array, Any], Array]] = {
    "Reshape": lambda array, said: array.reshape(said["shape"]),
    "Transpose": lambda array, said: array.transpose(said["axes"]),
    "Slice": lambda array, said: array[
        tuple(
            slice(*_bounds(said, axis)) if axis in said["axes"] else slice(None) for axis in range(array.ndim)
        )
    ],
}  # fmt: skip


def _bounds(said: Any, axis: int) -> tuple[int, int, int]:
    at = said["axes"].index(axis)
    return said["starts"][at], said["stops"][at], said["steps"][at]


def fuse(graph: Graph) -> None:
    """One reshaping where two follow each other, and one transposition."""
    for node in graph.nodes:
        before = node.inputs[0].node if node.op in ("Reshape", "Transpose") else None
        if before is None or before.op != node.op:
            continue
        node.inputs = before.inputs
        if node.op == "Transpose":
            node.attributes["axes"] = tuple(before.attributes["axes"][axis] for axis in node.attributes["axes"])


def grow(graph: Graph) -> None:
    """Joints that begin as an earlier one does go on from it: [a, b] and then [a, b, c] are [[a, b], c]."""
    known: dict[int, dict[tuple[Value, ...], Value]] = {}
    for node in graph.nodes:
        if node.op != "Concat":
            continue
        inputs, earlier = node.inputs, known.setdefault(node.attributes["axis"], {})
        for length in range(len(inputs) - 1, 1, -1):
            if inputs[:length] in earlier:
                node.inputs = (earlier[inputs[:length]], *inputs[length:])
                break
        earlier[inputs] = node.output


def fold_parameters(lifting: Lifting) -> None:
    """Parameters that are only brought into another shape are parameters of that shape."""
    weights = lifting.lowering.weights
    replaced: dict[Value, Value] = {}
    kept = []
    for node in lifting.graph.nodes:
        node.inputs = tuple(replaced.get(item, item) for item in node.inputs)
        weight = weights.get(node.inputs[0]) if len(node.inputs) == 1 else None
        if weight is None or node.op not in _MOVES or not all(isinstance(size, int) for size in node.output.shape):
            kept.append(node)
            continue
        array = _MOVES[node.op](weight.array, node.attributes)
        key = derived(weight.key, node.op, sorted((name, str(value)) for name, value in node.attributes.items()))
        replaced[node.output] = lifting.lowering.parameter(array, key)
    lifting.graph.nodes = kept
    lifting.graph.outputs = {name: replaced.get(value, value) for name, value in lifting.graph.outputs.items()}
