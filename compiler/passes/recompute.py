"""Cheap activations made again for the backward pass, so that they don't wait in memory from the forward pass on.

Chen et al. 2016, arXiv:1604.06174, for operators that cost about as much as reading their input: no convolution,
product of matrices or pooling runs twice. What an operator takes is its `cost`.
"""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value, product
from netc.compiler.ops import get_op
from netc.compiler.ops.facts import Cost
from netc.compiler.passes.rewriter import Rewriter

LARGE = 1 << 14
"""Elements from which on a tensor is worth a node; one with an open batch is taken for large."""

LONGEST = 8
"""Nodes that one tensor may take to make again: in a chain of residual blocks some sum must be kept."""


def recompute(graph: Graph) -> Graph:
    """The same values with cheap large ones made twice: in the forward pass, and before their first reader after it.

    A tensor is made again where everything that it takes is kept in any case, by at most LONGEST nodes; nothing is
    kept that was not kept before. The copies are the same operators on the same values, equal bit for bit. They do
    their work only while the graph runs in its own order, and must not be merged again.
    """
    forward = _forward(graph)
    return _Copies(graph, forward, _dropped(graph, forward)).run()


def _forward(graph: Graph) -> set[Node]:
    """The nodes that losses and metrics depend on."""
    needed = {value for name, value in graph.outputs.items() if not name.endswith(".next")}
    found: set[Node] = set()
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
            found.add(node)
    return found


def _dropped(graph: Graph, forward: set[Node]) -> dict[Value, int]:
    """The forward pass's values that the backward pass makes again if it needs them, and by how many nodes.

    One that it does not read is among them where others can be made from it.
    """
    read_late = {value for node in graph.nodes if node not in forward for value in node.inputs}
    read_late.update(graph.outputs.values())
    outputs = set(graph.outputs.values())
    cost: dict[Value, int] = dict.fromkeys(graph.sources(), 0)
    for node in graph.nodes:
        if node not in forward:
            continue
        steps = _steps(node, cost)
        for value in node.outputs:
            if value in outputs or not is_large(value):
                cost[value] = 0
            elif steps is not None and steps <= LONGEST:
                cost[value] = steps
            elif value in read_late:
                cost[value] = 0
    return {value: steps for value, steps in cost.items() if steps}


def _steps(node: Node, cost: dict[Value, int]) -> int | None:
    """How many nodes it takes to make a node's outputs from what is kept; None where that is not possible."""
    takes = get_op(node.op).cost_of(node)
    if takes is Cost.COMPUTE or any(value not in cost for value in node.inputs):
        return None
    return sum(cost[value] for value in dict.fromkeys(node.inputs)) + (takes is not Cost.VIEW)


def is_large(value: Value) -> bool:
    """Whether a tensor is worth a node."""
    size = product(value.shape)
    return not isinstance(size, int) or size >= LARGE


class _Copies(Rewriter):
    """The walk: `dropped` values are made again when a node that is not of the forward pass first reads one."""

    def __init__(self, graph: Graph, forward: set[Node], dropped: dict[Value, int]) -> None:
        super().__init__(graph)
        self.nodes = list(graph.nodes)
        self.forward, self.dropped = forward, dropped

    def run(self) -> Graph:
        """The graph with its copies."""
        for node in self.nodes:
            if node not in self.forward:
                for value in node.inputs:
                    self.make_again(value)
                self.keep(node)
            else:
                self.graph.nodes.append(node)
        return self.finish()

    def make_again(self, value: Value) -> None:
        """Add copies of the nodes that lead from what is kept to a value, where it is dropped and not made yet."""
        if value not in self.dropped or self.now(value) is not value:
            return
        node = value.node
        assert node is not None, "what no node made is never dropped"
        for source in node.inputs:  # LONGEST bounds how deep this goes
            self.make_again(source)
        made = self.builder(node.origin).add(node.op, self.inputs(node), node.attributes)
        self.replace(node.outputs, made)
