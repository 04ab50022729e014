"""What a network costs: parameters, multiply-accumulates, activations, memory of a training step, receptive fields.

Counts are ints; where a network has symbolic sizes, costs that depend on them are symbolic too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from netc.compiler.applications import LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.ir import BATCH_SYMBOL, DType, Node, Shape, Size, Value, product, substitute
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, widest
from netc.compiler.plan.moving import adapted, frozen

if TYPE_CHECKING:
    from netc.compiler.net import Net

FLOAT_BYTES = 4
VIEWS = frozenset(("identity", "flatten", "reshape"))
"""Layers whose output is their input's memory."""


FIXED = frozenset(("adaptive_avgpool", "upsample"))
"""Layers whose products are with fixed numbers, a way of writing what is averaged or interpolated: they count none."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What some layers cost together.

    params       weights, trainable and frozen, shared ones once; `buffers`, such as running means, are apart
    flops        multiply-accumulates of convolutions and products, forward, for `batch` examples
    activations  elements of the layers' outputs for `batch` examples; views (flatten, reshape, identity) not counted
    layers       applications of layers
    """

    params: int
    trainable: int
    frozen: int
    buffers: int
    flops: Size
    activations: Size
    layers: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one training step in float32; see `memory` for what each part holds."""

    weights: int
    gradients: int
    state: int
    activations: Size
    workspace: Size

    @property
    def total(self) -> Size:
        """The sum of the parts."""
        return self.activations + self.workspace + self.weights + self.gradients + self.state


def totals(net: Net, batch: int = 1, *, training: bool = False) -> Totals:
    """The whole network's cost: without what is `train only`, unless `training`; the first plan freezes too."""
    return count((layer for layer in net.layers if training or not layer.training_only), batch, fixed(net))


def fixed(net: Net) -> Collection[Value]:
    """What the first plan freezes at its start, besides what the net does; what it adapts stays too."""
    if not net.plans:
        return ()
    low = adapted(net.parameters, net.plans[0])
    return frozen(net.parameters, net.plans[0]) | {item.value for item in net.parameters if item.name in low}


def in_adapters(net: Net) -> int:
    """The numbers that the first plan trains in place of weights that stay."""
    low = adapted(net.parameters, net.plans[0]) if net.plans else {}
    shapes = {item.name: tuple(size for size in item.value.shape if isinstance(size, int)) for item in net.parameters}
    return sum(prod(part.shape) for name, how in low.items() for part in how.parts(shapes[name]).values())


def count(layers: Iterable[LayerInstance], batch: int = 1, still: Collection[Value] = ()) -> Totals:
    """What these layers cost together: one of them, a stage, all.

    still  what a train section freezes, besides what the net does
    """
    chosen = list(layers)
    parameters = distinct_parameters(chosen)
    weights = [item for item in parameters if not item.buffer]
    trainable = sum(item.count for item in weights if item.trainable and item.value not in still)
    params = sum(item.count for item in weights)
    return Totals(
        params=params,
        trainable=trainable,
        frozen=params - trainable,
        buffers=sum(item.count for item in parameters if item.buffer),
        flops=layer_flops(chosen, batch),
        activations=_sum(steps * elements(value, batch) for value, steps in _kept(chosen).items()),
        layers=len(chosen),
    )


def figure(measure: str, layers: Iterable[LayerInstance], batch: int = 1, still: Collection[Value] = ()) -> Size:
    """One figure of `count` alone, by its name: what it takes to know the others is left out."""
    chosen = list(layers)
    match measure:
        case "params":
            return sum(item.count for item in distinct_parameters(chosen) if not item.buffer)
        case "flops":
            return layer_flops(chosen, batch)
        case "layers":
            return len(chosen)
    found: Size = getattr(count(chosen, batch, still), measure)
    return found


def part(net: Net, path: str) -> list[LayerInstance]:
    """The layers at a dotted path and inside it: `stage2` has `stage2.basic1.conv1`."""
    return [layer for layer in net.layers if layer.path == path or layer.path.startswith(f"{path}.")]


def distinct_parameters(layers: Iterable[LayerInstance]) -> list[Parameter]:
    """Every parameter and buffer of these layers once, in order of first use."""
    return list({id(item): item for layer in layers for item in layer.parameters}.values())


def flops(nodes: Iterable[Node], batch: int = 1) -> Size:
    """Multiply-accumulates of these operators for `batch` examples."""
    found: Size = 0
    for node in nodes:
        operator = get_op(node.op)
        if operator.kind is Kind.PRODUCT:
            found = found + substitute(operator.flops(node), {BATCH_SYMBOL: batch})
    return found


def layer_flops(layers: Iterable[LayerInstance], batch: int = 1) -> Size:
    """Multiply-accumulates of these layers for `batch` examples: in a scan, of all its steps."""
    found: Size = 0
    for layer in layers:
        if layer.word not in FIXED:
            found = found + layer.steps * flops(layer.nodes, batch)
    return found


def training_flops(net: Net, batch: int = 1) -> dict[str, Size]:
    """Multiply-accumulates of a training step by layer path: forward once, and once for each operand with a gradient.

    A layer with weights whose input depends on weights costs three times its forward pass; the first one, whose
    input needs no gradient, twice.
    """
    learning = {item.value for item in net.parameters if item.trainable}
    times: dict[Node, int] = {}
    for node in net.graph.all_nodes():
        slopes = [value in learning for value in node.inputs]
        times[node] = 1 + sum(slopes[:2])  # the operands; a bias after them costs no product
        if any(slopes) and get_op(node.op).differentiable:
            learning.update(node.outputs)
        for body in node.bodies.values():
            learning.update(inner for inner, slope in zip(body.inputs, slopes, strict=True) if slope)
    return {
        layer.path: layer.steps * _sum(times.get(node, 1) * flops((node,), batch) for node in layer.nodes)
        if layer.word not in FIXED
        else 0
        for layer in net.layers
    }


def elements(value: Value, batch: int = 1) -> Size:
    """The number of elements of a value for `batch` examples."""
    return product(tuple([substitute(size, {BATCH_SYMBOL: batch}) for size in value.shape]))


def memory(net: Net, batch: int = 1, slots: int | None = None) -> Memory:
    """An estimate of what one training step holds at its peak, in bytes of float32:

    weights      2 * (params + buffers): the old ones and the new ones beside them
    gradients    one for each trainable weight
    state        2 * slots for each trainable weight; `slots` is that of the first train section's optimizer, else 0
    activations  the inputs and every layer's output, which the backward pass reads (`train only` layers too)
    workspace    2 * the largest of them: its gradient, and the one that is computed from it
    """
    if slots is None:
        slots = max((len(step.optimizer.slots()) for step in net.plans[0].steps), default=0) if net.plans else 0
    whole = totals(net, batch, training=True)
    inputs = _sum(elements(value, batch) for value in net.inputs)
    sizes = [elements(value, batch) for value in (*_kept(net.layers), *net.inputs)]
    known = [size for size in sizes if isinstance(size, int)]
    return Memory(
        weights=2 * FLOAT_BYTES * (whole.params + whole.buffers),
        gradients=FLOAT_BYTES * whole.trainable,
        state=2 * FLOAT_BYTES * slots * whole.trainable,
        activations=(whole.activations + inputs) * FLOAT_BYTES,
        workspace=2 * FLOAT_BYTES * max(known, default=0),
    )


def receptive_field(value: Value, inputs: Sequence[Value]) -> Shape:
    """How many rows, columns, … of the inputs one element of a value can depend on; the largest over all inputs.

    A window of extent e and stride s turns a field r of its output into (r - 1) * s + e of its input. Fields reach
    into padding and are not cut at the input's size; what depends on every position has the input's size. A sequence
    of whole numbers has its places where others have channels. Inputs of fewer axes than others don't count.
    """
    fields: dict[Value, Field] = {value: (1,) * max(value.rank - 1, 0)}
    for node in reversed(_ancestors(value)):
        before = get_op(node.op).field_before
        for field in [fields[output] for output in node.outputs if output in fields]:
            for at, source in enumerate(node.inputs):
                reached = before(node, at, field)
                fields[source] = widest((fields[source], reached)) if source in fields else reached
    found = [_within(source, fields[source]) for source in inputs if source in fields]
    rank = max(map(len, found), default=0)
    return widest(field for field in found if len(field) == rank)


def _within(source: Value, field: Field) -> Shape:
    """A field in the places of an input, with the input's size where it is the whole axis."""
    first = 0 if source.rank == 2 and source.dtype is DType.INT64 else 1
    sizes = tuple(whole if size is None else size for size, whole in zip(field, source.shape[1:], strict=True))
    return sizes[first:]


def _ancestors(value: Value) -> list[Node]:
    """Every node the value depends on, in an order in which they can run."""
    order: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(value.node, False)] if value.node is not None else []
    while stack:
        node, ready = stack.pop()
        if node in order:
            continue
        if ready:
            order[node] = None
            continue
        stack.append((node, True))
        stack.extend((source.node, False) for source in node.inputs if source.node is not None)
    return list(order)


def _kept(layers: Iterable[LayerInstance]) -> dict[Value, Size]:
    """What is kept of these layers' outputs, and how often."""
    return {value: layer.steps for layer in layers if layer.word not in VIEWS for value in layer.outputs}


def _sum(sizes: Iterable[Size]) -> Size:
    result: Size = 0
    for size in sizes:
        result = result + size
    return result
