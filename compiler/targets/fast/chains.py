"""Chains of elementwise operations as one operator: a tensor goes through all of them while it is in the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from netc.compiler.ir import DType, Graph, Node, Value, product
from netc.compiler.passes.rewriter import Rewriter
from netc.compiler.targets.cpu.masks import STEEP
from netc.compiler.targets.patterns import number

CODES = (
    "Add", "Sub", "Mul", "Div", "Max", "Min", "Neg", "Sqrt", "Reciprocal", "Relu", "Positive", "Tanh", "Erf", "Exp",
)  # fmt: skip
"""What a step does, by its number; `Positive` is 1 where the input is above zero, else 0."""

REGISTERS = 64
"""Inputs, constants and steps of a chain together, at most."""


@dataclass
class Chain:
    """Nodes that become one, the last first; nothing but chains reads any of them, except as a graph's output."""

    nodes: list[Node] = field(default_factory=list)
    registers: set[Value] = field(default_factory=set)


def chains(graph: Graph) -> Graph:
    """Write every chain of two operations or more as one node, where the chain ends.

    What a forward pass and its gradient both make of one tensor that both read, such as a GELU's tanh, is made in both:
    memory takes longer than arithmetic.
    """
    graph = _bounds_as_extrema(graph)
    readers, origins, outputs = graph.consumers(), _origins(graph), set(graph.outputs.values())
    chains_of: dict[Node, list[Chain]] = {}
    for node in reversed(graph.nodes):
        if not _is_elementwise(node):
            continue
        joined = _chains_of_readers(node, readers, chains_of)
        again = len(joined) > 1
        if again and (node.output in outputs or not _is_read_by_all(origins[node.output], joined)):
            joined = []
        chains_of[node] = joined or [Chain()]
        for chain in chains_of[node]:
            chain.nodes.append(node)
            chain.registers.update(node.inputs, node.outputs)
    rewriter = Rewriter(graph)
    for node in graph.nodes:
        found = chains_of.get(node)
        if found is None or len(found[0].nodes) < 2:
            rewriter.keep(node)
        elif node is found[0].nodes[0]:
            _write(rewriter, list(reversed(found[0].nodes)), outputs)
    return rewriter.finish()


def _origins(graph: Graph) -> dict[Value, frozenset[Value]]:
    """The tensors that chains could make a value of, and nothing else: itself, where no chain makes it."""
    found: dict[Value, frozenset[Value]] = {}
    for node in graph.nodes:
        if _is_elementwise(node):
            tensors = [value for value in node.inputs if product(value.shape) != 1]
            found[node.output] = frozenset().union(*(found.get(value, {value}) for value in tensors))
    return found


def _is_read_by_all(origins: frozenset[Value], chains: list[Chain]) -> bool:
    """Whether a value is made of one tensor, which these chains read in any case."""
    return len(origins) == 1 and all(origins <= chain.registers for chain in chains)


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


def _chains_of_readers(
    node: Node, readers: Mapping[Value, list[Node]], chains_of: dict[Node, list[Chain]]
) -> list[Chain]:
    """The chains that all readers of a node are in, where they have room and its shape; none where one has not."""
    found = [chains_of.get(reader) for reader in readers.get(node.output, [])]
    chains = {id(chain): chain for several in found for chain in several or ()}.values()
    fit = all(
        chain.nodes[0].output.shape == node.output.shape and len(chain.registers | {*node.inputs}) <= REGISTERS
        for chain in chains
    )
    return [*chains] if fit and None not in found else []


def _write(rewriter: Rewriter, nodes: list[Node], outputs: set[Value]) -> None:
    last = nodes[-1]
    made = {node.output for node in nodes}
    read = dict.fromkeys(value for node in nodes for value in node.inputs if value not in made)
    constants = {value: found for value in read if (found := number(value)) is not None}
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
