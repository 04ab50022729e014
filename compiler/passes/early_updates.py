"""Updates as soon as their gradients are there, so that gradients don't wait in memory for the end of the step."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node
from netc.compiler.passes.lanes import lanes


def early_updates(graph: Graph) -> Graph:
    """The same nodes in another order: each parameter's update follows the last node that it reads."""
    lane_of: dict[Node, int] = {}
    waiting: list[set[Node]] = []
    members = lanes(graph)
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
    for node in graph.nodes:
        if node not in lane_of:
            place(node)
    return graph.with_nodes(order)
