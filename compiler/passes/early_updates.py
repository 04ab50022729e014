"""Updates as soon as their gradients are there, so that gradients don't wait in memory for the end of the step."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value, product
from netc.compiler.passes.lanes import lanes

LARGE = 1 << 20
"""Elements of a tensor whose update is put off where nothing waits for it: 4 MB, which no cache keeps for it anyway."""


def early_updates(graph: Graph) -> Graph:
    """The same nodes in another order: each parameter's update follows the last node that it reads.

    Numbers that no tensor goes into, such as a momentum or Adam's corrections, come first: an update would wait for
    them. A large update that reads nothing that could go then, because its gradient went into its momentum at once,
    comes at the end: by then the activations are gone, and its own temporary tensor takes their place.
    """
    lane_of: dict[Node, int] = {}
    waiting: list[set[Node]] = []
    outputs = set(graph.outputs.values())
    late: list[list[Node]] = []
    members: list[list[Node]] = []
    for lane in lanes(graph):
        (late if _frees_nothing(lane, outputs) else members).append(lane)
    for number, lane in enumerate(members):
        lane_of.update(dict.fromkeys(lane, number))
        own = set(lane)
        makers = {value.node for node in lane for value in node.inputs if value.node is not None}
        waiting.append(makers - own)
    readers: dict[Node, list[int]] = {}
    for number, makers in enumerate(waiting):
        for maker in makers:
            readers.setdefault(maker, []).append(number)
    order: list[Node] = []

    def place(node: Node) -> None:
        order.append(node)
        for number in readers.get(node, []):
            waiting[number].discard(node)
            if not waiting[number]:
                order.extend(members[number])

    for number, makers in enumerate(waiting):
        if not makers:
            order.extend(members[number])
    first = _numbers(graph)
    last = {node: None for lane in late for node in lane}
    for node in first:
        place(node)
    for node in graph.nodes:
        if node not in lane_of and node not in first and node not in last:
            place(node)
    assert len(order) + len(last) == len(graph.nodes), "every node has its place"
    return graph.with_nodes([*order, *last])


def _frees_nothing(lane: list[Node], outputs: set[Value]) -> bool:
    """Whether an update is large and reads only inputs and outputs of the graph, which stay in any case."""
    size = product(lane[0].outputs[0].shape)
    own = set(lane)
    reads = {value for node in lane for value in node.inputs if value.shape and value.node not in own}
    return isinstance(size, int) and size >= LARGE and all(value.node is None or value in outputs for value in reads)


def _numbers(graph: Graph) -> dict[Node, None]:
    """The nodes that make single numbers of single numbers alone, in order."""
    known: set[Value] = {value for value in graph.sources() if not value.shape}
    found: dict[Node, None] = {}
    for node in graph.nodes:
        if all(not value.shape for value in node.outputs) and known.issuperset(node.inputs):
            known.update(node.outputs)
            found[node] = None
    return found
