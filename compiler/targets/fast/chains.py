"""Chains of elementwise operations as one operator: a tensor goes through all of them while it is in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netc.compiler.ir import DType, Graph, Node, Tensor, Value, product
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.cpu.masks import STEEP

CODES = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Neg", "Sqrt", "Reciprocal", "Relu", "Positive")
"""What a step does, by its number; `Positive` is 1 where the input is above zero, else 0."""

REGISTERS = 64
"""Inputs, constants and steps of a chain together, at most."""


@dataclass
class Chain:
    """Nodes that become one, the last first; nothing but the chain reads any of them, except as a graph's output."""

    nodes: list[Node] = field(default_factory=list)
    registers: set[Value] = field(default_factory=set)


def chains(graph: Graph) -> Graph:
    """Write every chain of two operations or more as one node, where the chain ends."""
    graph = _bounds_as_extrema(graph)
    readers = graph.consumers()
    chain_of: dict[Node, Chain] = {}
    for node in reversed(graph.nodes):
        if not _is_elementwise(node):
            continue
        chain = _chain_of_readers(node, readers, chain_of) or Chain()
        chain.nodes.append(node)
        chain.registers.update(node.inputs, node.outputs)
        chain_of[node] = chain
    outputs = set(graph.outputs.values())
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        found = chain_of.get(node)
        if found is None or len(found.nodes) < 2:
            rewriter.keep(node)
        elif node is found.nodes[0]:
            _write(rewriter, list(reversed(found.nodes)), outputs)
    return rewriter.finish()


def _bounds_as_extrema(graph: Graph) -> Graph:
    """Clip as the larger and the smaller of two, which chains have."""
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        low, high = node.attributes.get("low"), node.attributes.get("high")
        if node.op != "Clip" or node.output.dtype != DType.FLOAT32 or low is high is None:
            rewriter.keep(node)
            continue
        g = rewriter.builder(node.origin)
        (y,) = rewriter.inputs(node)
        y = y if low is None else g.Max(y, low)
        rewriter.replace(node.outputs, (y if high is None else g.Min(y, high),))
    return rewriter.finish()


def code_of(node: Node) -> str | None:
    """The name of a node's step; None where the library has none."""
    if node.op == "HardSigmoid":
        return "Positive" if node.attributes == {"alpha": STEEP, "beta": 0.0} else None
    return node.op if node.op in CODES else None


def _is_elementwise(node: Node) -> bool:
    if code_of(node) is None or len(node.inputs) > 2 or node.output.dtype != DType.FLOAT32:
        return False
    shape = node.output.shape
    if product(shape) == 1:
        return False
    return all(value.shape == shape or product(value.shape) == 1 for value in node.inputs)


def _chain_of_readers(node: Node, readers: Mapping[Value, list[Node]], chain_of: dict[Node, Chain]) -> Chain | None:
    """The chain that all readers of a node are in, where it has room and its shape."""
    found = {id(chain_of.get(reader)): chain_of.get(reader) for reader in readers.get(node.output, [])}
    if len(found) != 1:
        return None
    (chain,) = found.values()
    if chain is None or chain.nodes[0].output.shape != node.output.shape:
        return None
    return chain if len(chain.registers | {*node.inputs}) <= REGISTERS else None


def _write(rewriter: Rewriter, nodes: list[Node], outputs: set[Value]) -> None:
    last = nodes[-1]
    made = {node.output for node in nodes}
    read = dict.fromkeys(value for node in nodes for value in node.inputs if value not in made)
    constants = {value: number for value in read if (number := _number(value)) is not None}
    inputs = [value for value in read if value not in constants]
    register = {value: i for i, value in enumerate([*inputs, *constants])}
    steps: list[int] = []
    for node in nodes:
        name = code_of(node)
        assert name is not None
        first, second = register[node.inputs[0]], register[node.inputs[-1]]
        steps += [CODES.index(name), first, second]
        register[node.output] = len(register)
    results = [node.output for node in nodes if node.output in outputs or node is last]
    g = rewriter.builder(last.origin)
    new = g.add(
        "FastElementwise",
        [rewriter.now(value) for value in inputs],
        {
            "steps": tuple(steps),
            "results": tuple(register[value] for value in results),
            "constants": tuple(constants.values()),
        },
    )
    rewriter.replace(results, new)


def _number(value: Value) -> float | None:
    """The number of a literal with one element."""
    node = value.node
    if node is None or node.op != "Constant":
        return None
    literal = node.attributes["value"]
    return float(literal.values[0]) if isinstance(literal, Tensor) and len(literal.values) == 1 else None
