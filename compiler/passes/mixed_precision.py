"""A training graph whose convolutions and products compute in 16 bits, around parameters that stay float32.

Micikevicius et al. 2018, arXiv:1710.03740. Products are cast, and what follows them at no loss (activations, pooling,
sums, moves) stays in 16 bits until something needs more: softmax, reductions, batch statistics, loss, metrics, updates.
What an operator wants is its `half`.
"""

from __future__ import annotations

import math

from netc.compiler.ir import DType, Graph, Node, Tensor, Value
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.passes.rewriter import Rewriter

SMALLEST, LARGEST = 2.0**-14, 65504.0
"""Magnitudes that float16 has with all its digits."""


def mixed_precision(graph: Graph, low: DType) -> Graph:
    """The graph with products, and what can follow them, in `low`: FLOAT16 or BFLOAT16.

    Inputs, parameters and outputs keep their types. A value is cast to `low` once, however many read it; back to
    float32 it is cast for each reader, because a wide copy kept for the backward pass would cost the memory that the
    narrow one saves. Constants, masks of truth values and parameters count as being in any precision.
    """
    return _MixedPrecision(graph, low).run()


class _MixedPrecision:
    """The walk: `rewriter` maps each old value to a new one, which is of type `low` where its node computes so."""

    def __init__(self, graph: Graph, low: DType) -> None:
        self.old, self.low = graph, low
        self.rewriter = Rewriter(graph)
        self.parameters = {value for value in graph.parameters if value.shape}
        self.narrowed: dict[Value, Value] = {}
        self.widened: dict[Value, Value] = {}
        self.free: set[Value] = set()
        self.beyond: set[Value] = set()

    def run(self) -> Graph:
        """Every node in order, then outputs of the types that they had."""
        for node in self.old.nodes:
            self.visit(node)
        result = self.rewriter.finish()
        result.outputs = {name: self.to_float32(value) for name, value in result.outputs.items()}
        return result

    def visit(self, node: Node) -> None:
        """Take a node over with its inputs in the precision it wants."""
        inputs = self.rewriter.inputs(node)
        new = self.converted(node, inputs)
        if new != inputs or any(value.dtype == self.low for value in new):
            made = self.rewriter.builder(node.origin).add(node.op, new, node.attributes)
            self.rewriter.replace(node.outputs, made)
        else:
            made = self.rewriter.keep(node).outputs
        if self.costs_nothing(node, new):
            self.free.update(made)
        if self.may_overflow(node, inputs):
            self.beyond.update(made)

    def converted(self, node: Node, inputs: tuple[Value, ...]) -> tuple[Value, ...]:
        """The inputs of a node, cast."""
        if node.origin.purpose is not None:
            return tuple(self.to_float32(value, share=True) for value in inputs)
        if get_op(node.op).half is Half.DATA:
            data = [value.shape == inputs[0].shape for value in inputs]
            narrow = any(value.dtype == self.low for value, is_data in zip(inputs, data, strict=True) if is_data)
            return tuple(
                self.to_low(value) if narrow and is_data else self.to_float32(value)
                for value, is_data in zip(inputs, data, strict=True)
            )
        if self.wants_low(node, inputs):
            return tuple(map(self.to_low, inputs))
        return tuple(map(self.to_float32, inputs))

    def wants_low(self, node: Node, inputs: tuple[Value, ...]) -> bool:
        """Whether a node outside losses and updates computes in 16 bits."""
        floats = [value for value in inputs if value.dtype.is_float]
        half = get_op(node.op).half
        if half is Half.ALWAYS:
            return bool(floats) and (not _spreads(node) or self.beyond.isdisjoint(floats))
        if half not in (Half.WITH_ALL, Half.WITH_ONE) or not any(value.dtype == self.low for value in floats):
            return False
        if half is Half.WITH_ONE and all(value.shape == node.output.shape for value in floats):
            return self.beyond.isdisjoint(floats)
        return all(value.dtype == self.low or value in self.free or value in self.parameters for value in floats)

    def costs_nothing(self, node: Node, inputs: tuple[Value, ...]) -> bool:
        """Whether what a node makes can as well be made in 16 bits: literals, masks, arithmetic on them."""
        if node.op == "Constant":
            return all(self.has(number) for number in node.attributes["value"].values)
        if node.op == "Cast":
            return inputs[0].dtype == DType.BOOL and node.attributes["to"] == DType.FLOAT32
        floats = [value for value in inputs if value.dtype.is_float]
        follows = get_op(node.op).half in (Half.WITH_ALL, Half.WITH_ONE) or _spreads(node)
        return follows and bool(floats) and all(value in self.free for value in floats)

    def may_overflow(self, node: Node, inputs: tuple[Value, ...]) -> bool:
        """Whether what a node makes may be too large in 16 bits: literals that are, arithmetic on them."""
        if node.op == "Constant":
            return any(abs(number) > LARGEST and not self.has(number) for number in node.attributes["value"].values)
        definition = get_op(node.op)
        follows = definition.half in (Half.WITH_ALL, Half.WITH_ONE) or definition.cost is Cost.VIEW or _spreads(node)
        return follows and not self.beyond.isdisjoint(inputs)

    def has(self, number: float) -> bool:
        """Whether the type has this number up to rounding, neither overflowing nor losing digits."""
        if self.low == DType.BFLOAT16 or number == 0 or not math.isfinite(number):
            return True
        return SMALLEST <= abs(number) <= LARGEST

    def to_low(self, value: Value) -> Value:
        """A value of the new graph in 16 bits, cast at most once. What isn't a float stays."""
        if value.dtype != DType.FLOAT32:
            return value
        known = self.narrowed.get(value)
        if known is None:
            known = self.narrowed[value] = self.narrow(value)
        return known

    def narrow(self, value: Value) -> Value:
        """Where it comes for free, make the value in 16 bits anew; else cast it."""
        g, node = self.rewriter.builder(value.origin), value.node
        if node is None:
            return g.Cast(value, to=self.low)
        if node.op == "Constant" and value in self.free:
            tensor = node.attributes["value"]
            return g.Constant(value=Tensor(self.low, tensor.shape, tensor.values))
        if node.op == "Cast" and node.inputs[0].dtype == DType.BOOL:
            return g.Cast(node.inputs[0], to=self.low)
        if value in self.free or get_op(node.op).cost is Cost.VIEW or _spreads(node):
            made = g.add(node.op, tuple(map(self.to_low, node.inputs)), node.attributes)
            return made[node.outputs.index(value)]
        return g.Cast(value, to=self.low)

    def to_float32(self, value: Value, share: bool = False) -> Value:
        """A value of the new graph in float32; `share` lets all readers that ask so have one cast."""
        if value.dtype != self.low:
            return value
        if share and value in self.widened:
            return self.widened[value]
        wide = self.rewriter.builder(value.origin).Cast(value, to=DType.FLOAT32)
        if share:
            self.widened[value] = wide
        return wide


def _spreads(node: Node) -> bool:
    """Whether a node repeats elements, which it does in 16 bits always."""
    definition = get_op(node.op)
    return definition.kind is Kind.MOVEMENT and definition.half is Half.ALWAYS
