"""A foreign graph on its way to one of our operators: what is known of it so far, and how more of it is built.

`lower/` has what becomes of each operator. What the intermediate representation has no operator for, but the language
has a layer, becomes a node `Layer` that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.compiler.importing.findings import LIMITS, damaged, too_large, unsupported
from netc.compiler.importing.flows import ApartError, Flow, plain
from netc.compiler.importing.records import Array, Constant, ForeignNode
from netc.compiler.ir import BATCH, Builder, Dim, DType, Graph, Node, Shape, Size, Value

Known = Flow | Constant
Lower = Callable[["Lowering", ForeignNode], "Flow | Constant | Sequence[Flow | Constant]"]

LOWERS: dict[str, Lower] = {}
OTHERS = "*"
"""Under which name what becomes of ONNX's own operators without an entry is registered."""

LAYER = "Layer"
"""The operator of nodes that are layers of the language: attributes `word`, `arguments`, `weights`."""


def lowers(*ops: str, domain: str = "") -> Callable[[Lower], Lower]:
    """Register what becomes of an operator."""

    def register(lower: Lower) -> Lower:
        for op in ops:
            key = f"{domain}.{op}" if domain else op
            assert key not in LOWERS, f"{key} is lowered twice"
            LOWERS[key] = lower
        return lower

    return register


@dataclass(frozen=True, slots=True)
class Weight:
    """Numbers that training starts from: as the file has them, and what is done to them before."""

    key: str
    array: Array


def _is_long(size: Dim) -> bool:
    factors = max(map(len, size.terms))
    large = any(not -(1 << 63) < number < 1 << 63 for number in size.terms.values())
    return len(size.terms) > LIMITS["terms"] or factors > LIMITS["power"] or large


@dataclass(slots=True)
class Lowering:
    """A foreign graph on its way.

    opset    the version of ONNX's operators;  graph: what is built;  b: adds to it
    known    what every name of a value stands for so far
    weights  what the graph's parameters hold;  batch: the batch's size in the model, a number where that is fixed
    divisor  what open sizes are taken to be a multiple of
    left     how many numbers may still be computed from constants
    notes    what is to be told;  training: whether it normalizes by the batch;  random: whether it draws numbers
    """

    opset: int
    graph: Graph
    b: Builder
    known: dict[str, Known] = field(default_factory=dict)
    weights: dict[Value, Weight] = field(default_factory=dict)
    batch: Size = BATCH
    notes: list[str] = field(default_factory=list)
    training: bool = False
    random: bool = False
    divisor: int = 1
    batch_axes: dict[str, int] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    scopes: dict[Node, tuple[str, ...]] = field(default_factory=dict)
    left: int = LIMITS["computed"]

    def count(self, arrays: Iterable[Array]) -> None:
        """Take what was computed from what may be; raises DiagnosticError E592 where there is no more of it.

        E590 is a size that only a run knows and that grows too long: they are polynomials, which squares may double.
        """
        for array in arrays:
            if array.base is None:
                self.left -= array.size
            if array.dtype.hasobject and any(isinstance(size, Dim) and _is_long(size) for size in array.flat):
                raise unsupported("a size is a longer formula of open sizes than is read", "export it with known sizes")
        if self.left < 0:
            raise too_large(
                "numbers that constants are computed to", LIMITS["computed"] - self.left, LIMITS["computed"]
            )

    # ------------------------------------------------------------ what a node reads
    def has(self, node: ForeignNode, at: int) -> bool:
        """Whether an input is given."""
        return at < len(node.inputs) and node.inputs[at] != ""

    def at(self, node: ForeignNode, at: int) -> Known:
        """An input, known or flowing."""
        if not self.has(node, at):
            raise damaged(f"{node.shown()}, operator `{node.op}`, lacks input {at + 1}")
        return self.known[node.inputs[at]]

    def flow(self, node: ForeignNode, at: int = 0) -> Flow:
        """An input that flows; one that is known becomes a parameter."""
        found = self.at(node, at)
        return found if isinstance(found, Flow) else self.as_flow(found)

    def value(self, node: ForeignNode, at: int = 0) -> Value:
        """An input laid out as the file has it, which has the batch in front."""
        flow = self.flow(node, at)
        if flow.batch not in (0, None):
            raise ApartError(f"the batch is axis {flow.batch} of what it reads")
        return plain(self.b, flow)

    def constant(self, node: ForeignNode, at: int) -> Constant | None:
        """An input that has to be known, None where it is left out."""
        if not self.has(node, at):
            return None
        found = self.at(node, at)
        if not isinstance(found, Constant):
            raise unsupported(f"its input {at + 1} depends on the data", node=node)
        return found

    def number(self, node: ForeignNode, at: int) -> float | None:
        """An input that is one known number, None where it is left out."""
        found = self.constant(node, at)
        return None if found is None else float(found.array.reshape(-1)[0])

    # ------------------------------------------------------------ what a node makes
    def parameter(self, array: Array, key: str) -> Value:
        """A parameter that holds these numbers; the same one where the same numbers are used again.

        Exporters store equal tensors once, so that one number repeated says nothing of what belongs together.
        """
        alike = array.size == 0 or bool((array == array.flat[0]).all())
        for value, weight in self.weights.items():
            if not alike and weight.key == key and value.shape == array.shape:
                return value
        value = Value(f"weight{len(self.weights)}", DType.FLOAT32, tuple(array.shape))
        self.graph.parameters.append(value)
        self.weights[value] = Weight(key, array)
        return value

    def as_flow(self, constant: Constant) -> Flow:
        """Known numbers as something that flows: a literal where it is one number, else a parameter."""
        array = constant.array
        if constant.is_open:
            raise unsupported("sizes that only a run knows are used as numbers")
        dtype = DType(array.dtype.name)
        if array.size == 1:
            literal = self.b.constant(array.reshape(()).item(), dtype)
            return Flow(literal, ((),) * array.ndim)
        if dtype is not DType.FLOAT32:
            return self.whole(array, dtype)
        return Flow.of(self.parameter(array, constant.key))

    def whole(self, array: Array, dtype: DType) -> Flow:
        """Known whole numbers or truth values: those that count up are `arange`."""
        flat = array.ravel()
        if dtype is DType.INT64 and max(array.shape) == array.size and flat[0] >= 0:
            step = int(flat[1] - flat[0])
            if step > 0 and (np.diff(flat) == step).all():
                arguments = {"stop": int(flat[-1]) + step, "start": int(flat[0]), "step": step}
                value = self.layer("arange", [], (array.size,), arguments, dtype=dtype)
                axes = tuple((0,) if size > 1 else () for size in array.shape)
                return Flow(value, axes)
        made = self.parameter(array.astype(np.float32), f"{id(array)} as floats")
        if dtype is DType.BOOL:
            return Flow.of(self.b.Greater(made, 0.5))
        raise unsupported("it reads a table of whole numbers", "networks here have tables of real numbers alone")

    def layer(
        self,
        word: str,
        inputs: Sequence[Value],
        shape: Shape | Sequence[Shape],
        arguments: Mapping[str, Any] | None = None,
        weights: Mapping[str, Weight] | None = None,
        dtype: DType = DType.FLOAT32,
    ) -> Any:
        """A node that is a layer of the language; shapes of several results come as a list."""
        several = isinstance(shape, list)
        shapes: Any = shape if several else [shape]
        made = {"word": word, "arguments": dict(arguments or {}), "weights": dict(weights or {})}
        node = Node(LAYER, tuple(inputs), made, origin=self.b.origin)
        count = self.graph.made = self.graph.made + 1
        node.outputs = tuple(
            Value(f"{word}_{count}.{at}", dtype, tuple(one), self.b.origin, node) for at, one in enumerate(shapes)
        )
        self.graph.nodes.append(node)
        return node.outputs if several else node.outputs[0]

    def note(self, text: str) -> None:
        """Tell something once."""
        if text not in self.notes:
            self.notes.append(text)
