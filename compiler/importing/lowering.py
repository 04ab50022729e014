"""From foreign nodes to a graph of our operators, node by node: what is known is worked out, the rest is built.

`lower/` has what becomes of each operator. What the intermediate representation has no operator for, but the language
has a layer, becomes a node `Layer` that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.compiler.importing.findings import damaged, unsupported
from netc.compiler.importing.flows import ApartError, Flow, plain
from netc.compiler.importing.folding import FOLDS
from netc.compiler.importing.records import Array, Constant, ForeignGraph, ForeignNode, settled
from netc.compiler.ir import BATCH, Builder, Dim, DType, Graph, Node, Origin, Shape, Size, Undecided, Value
from netc.compiler.ir.operators import ShapeError
from netc.grammar.diagnostics import DiagnosticError

Known = Flow | Constant
Lower = Callable[["Lowering", ForeignNode], "Flow | Constant | Sequence[Flow | Constant]"]

LOWERS: dict[str, Lower] = {}
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


@dataclass(slots=True)
class Lowering:
    """A foreign graph on its way.

    opset    the version of ONNX's operators;  graph: what is built;  b: adds to it
    known    what every name of a value stands for so far
    weights  what the graph's parameters hold;  batch: the batch's size in the model, a number where that is fixed
    divisor  what open sizes are taken to be a multiple of
    notes    what is to be told;  training: whether it normalizes by the batch
    """

    opset: int
    graph: Graph
    b: Builder
    known: dict[str, Known] = field(default_factory=dict)
    weights: dict[Value, Weight] = field(default_factory=dict)
    batch: Size = BATCH
    notes: list[str] = field(default_factory=list)
    training: bool = False
    divisor: int = 1
    batch_axes: dict[str, int] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    scopes: dict[Node, tuple[str, ...]] = field(default_factory=dict)

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


DIVISORS = (1, 2, 4, 8, 16, 32)
"""What open sizes are assumed to be a multiple of, one after the other, until all that flows together fits."""


def lower(foreign: ForeignGraph, opset: int) -> Lowering:
    """A graph of ours that computes what a foreign one does; raises DiagnosticError E590, E591."""
    is_open = any(not isinstance(size, int) for item in foreign.inputs for size in (item.shape or ())[1:])
    for divisor in DIVISORS[:-1] if is_open else ():
        try:
            return _lower(foreign, opset, divisor)
        except DiagnosticError as error:
            if not isinstance(error.__cause__, ShapeError | Undecided):
                raise
    return _lower(foreign, opset, DIVISORS[-1] if is_open else 1)


def _lower(foreign: ForeignGraph, opset: int, divisor: int) -> Lowering:
    from netc.compiler.importing import lower as families  # the registry is filled by importing them

    assert families
    g = Lowering(opset, Graph(foreign.name or "imported"), Builder(Graph("")), divisor=divisor)
    g.b = Builder(g.graph)
    for name, constant in foreign.constants.items():
        g.known[name] = constant
    nodes = read_nodes(foreign)
    _declare_inputs(g, foreign, nodes)
    for node in nodes:
        before = len(g.graph.nodes)
        g.b.origin = Origin(".".join(node.scope))
        for name, made in zip(node.outputs, _lowered(g, node), strict=False):
            if name in g.known:
                raise damaged(f"two nodes make `{name}`")
            if name:
                g.known[name] = made
        for new in g.graph.nodes[before:]:
            g.scopes[new] = node.scope
    for name in foreign.outputs:
        if name not in g.known:
            raise damaged(f"nothing makes the output `{name}`")
        found = g.known[name]
        if isinstance(found, Constant):
            g.note(f"the output `{name}` is the same for all inputs, and was left out")
            continue
        try:
            g.graph.outputs[name] = plain(g.b, found)
        except ApartError as error:
            raise unsupported(f"the output `{name}` has no batch: {error}") from error
        if found.batch not in (0, None):
            g.note(f"the output `{name}` has the batch as axis {found.batch} in the model, here it is axis 0")
    return g


def _lowered(g: Lowering, node: ForeignNode) -> Sequence[Known]:
    for name in node.inputs:
        if name and name not in g.known:
            raise damaged(f"{node.shown()} reads `{name}`, which nothing before it makes")
    inputs = [g.known[name] if name else None for name in node.inputs]
    key = f"{node.domain}.{node.op}" if node.domain else node.op
    known = [item for item in inputs if isinstance(item, Constant)]
    foldable = len(known) == len([item for item in inputs if item is not None]) and key in FOLDS
    if foldable and node.op in WRITTEN and any(item.is_open for item in known):
        foldable = False  # the numbers are known, how many there are is not
    try:
        if foldable:
            try:
                return _folded(node, [item if isinstance(item, Constant) else None for item in inputs])
            except TypeError:  # a size that only a run knows, where a number is needed
                if key not in LOWERS:
                    raise
        if key not in LOWERS:
            raise _no_words(node)
        made = LOWERS[key](g, node)
        return [made] if isinstance(made, Flow | Constant) else list(made)
    except (ShapeError, ApartError, Undecided) as error:
        raise unsupported(f"{node.op} cannot be written with the batch in front: {error}", node=node) from error
    except (
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        AttributeError,
        AssertionError,
        ZeroDivisionError,
        OverflowError,
    ) as error:
        raise damaged(f"{node.shown()}, operator `{node.op}`, does not fit what it reads: {error}") from error


def _folded(node: ForeignNode, inputs: Sequence[Constant | None]) -> list[Known]:
    with np.errstate(all="ignore"):
        made = FOLDS[node.op](node, *(None if item is None else item.array for item in inputs))
    arrays = made if isinstance(made, tuple) else (made,)
    parents = [item for item in inputs if item is not None]
    weight = max(parents, key=lambda item: item.array.size, default=None)
    found: list[Known] = []
    for at, array in enumerate(arrays):
        same = weight is not None and array is weight.array
        key = (
            weight.key
            if same and weight is not None
            else f"{node.op}.{node.outputs[at] if at < len(node.outputs) else at}"
        )
        found.append(Constant(settled(np.asarray(array)), key, weight.name if weight is not None else node.outputs[at]))
    return found


WRITTEN = ("Expand", "ConstantOfShape", "Range", "Tile")
"""Operators whose results may have sizes that only a run knows."""

CONTROL = {
    "If": "which part runs depends on the data", "Loop": "how often it runs depends on the data",
    "Scan": "it runs a graph of its own for each step",
}  # fmt: skip


def _no_words(node: ForeignNode) -> Exception:
    if node.op in CONTROL:
        return unsupported(f"control flow: {CONTROL[node.op]}", "export the network without it", node)
    if node.op.startswith(("Sequence", "Optional", "String")) or node.op in (
        "SplitToSequence",
        "ConcatFromSequence",
        "TfIdfVectorizer",
        "RegexFullMatch",
        "LabelEncoder",
    ):
        return unsupported("sequences, optional values and texts do not flow in networks here", node=node)
    if "Quantize" in node.op or node.op.endswith("Integer") or node.op.startswith("QLinear"):
        return unsupported("the network is quantised", "import the model that it was made of", node)
    domain = f" of domain `{node.domain}`" if node.domain else ""
    return unsupported(f"there are no words for operator `{node.op}`{domain}", node=node)


def read_nodes(foreign: ForeignGraph) -> list[ForeignNode]:
    """The nodes that an output depends on, in the file's order."""
    makers: dict[str, ForeignNode] = {}
    for node in foreign.nodes:
        for name in filter(None, node.outputs):
            if name in makers or name in foreign.constants:
                raise damaged(f"two nodes make `{name}`")
            makers[name] = node
    waiting, kept = list(foreign.outputs), set()
    while waiting:
        made = makers.get(waiting.pop())
        if made is not None and id(made) not in kept:
            kept.add(id(made))
            waiting += made.inputs
    return [node for node in foreign.nodes if id(node) in kept]


def _declare_inputs(g: Lowering, foreign: ForeignGraph, nodes: Sequence[ForeignNode]) -> None:
    sizes: dict[str, Dim] = {}
    fixed: set[int] = set()
    names: set[str] = set()
    read = {name for node in nodes for name in node.inputs} | set(foreign.outputs)
    for item in foreign.inputs:
        if item.name not in read:
            g.note(f"nothing reads the input `{item.name}`, which was left out")
            continue
        if item.shape is None:
            raise unsupported(f"input `{item.name}` has no shape", "export it with the shapes of its inputs")
        if not item.shape:
            raise unsupported(
                f"input `{item.name}` is one number for the whole batch", "make it a constant and export anew"
            )
        batch = _batch_axis(item.shape)
        first = item.shape[batch]
        if isinstance(first, int) and first > 0:
            fixed.add(first)
        elif isinstance(first, str):
            sizes[first] = BATCH
        shape: list[Size] = [BATCH]
        for axis, size in enumerate(item.shape):
            if axis == batch:
                continue
            if isinstance(size, int) and size > 0:
                shape.append(size)
            else:
                key = str(size or f"{item.name}.{axis}")
                shape.append(
                    sizes.setdefault(key, Dim.symbol(_capitals(size, axis, len(item.shape), names), divisor=g.divisor))
                )
        value = Value(item.name, DType(item.dtype), tuple(shape))
        g.graph.inputs.append(value)
        rest = iter(range(1, len(shape)))
        g.known[item.name] = Flow(value, tuple((0,) if axis == batch else (next(rest),) for axis in range(len(shape))))
        if batch:
            g.batch_axes[item.name] = batch
            g.note(f"the input `{item.name}` has the batch as axis {batch} in the model, here it is axis 0")
    if len(fixed) == 1 and BATCH not in sizes.values():
        g.batch = fixed.pop()
    elif fixed:
        raise unsupported("its inputs have batches of different sizes", "export it with a batch of one size")


def _batch_axis(shape: Sequence[int | str | None]) -> int:
    for axis, size in enumerate(shape):
        if isinstance(size, str) and size.lower() in ("n", "b", "batch", "batch_size", "batchsize", "bs"):
            return axis
    return 0


def _capitals(name: object, axis: int, rank: int, taken: set[str]) -> str:
    """A name in capitals for an open size: what the model calls it where that is a word, else by its place."""
    letters = "".join(character for character in str(name or "").upper() if character.isascii() and character.isalnum())
    usual = {2: "F", 3: "TF", 4: "CHW", 5: "CDHW"}.get(rank, "ABCDEFG")
    wanted = letters if letters[:1].isalpha() and letters != "N" else usual[axis - 1]
    found, count = wanted, 1
    while found in taken:
        count += 1
        found = f"{wanted}{count}"
    taken.add(found)
    return found
