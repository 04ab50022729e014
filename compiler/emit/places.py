"""Where the operators of a written model come from: layer, part of the step, line. What a profile is read with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import onnx

from netc.compiler.artifact import Artifact

Part = Literal["forward", "backward", "update"]


@dataclass(frozen=True, slots=True)
class Place:
    """A node's origin.

    scope  the path of its layer, `loss.NAME`, `metric.NAME`, `clip`, or `optimizer.PARAMETER`
    part   "forward": loss or metrics depend on it; "update": it belongs to the optimizer or moves running statistics;
           "backward": the rest
    line   `file:line` in the text, "" where it has none
    """

    scope: str
    part: Part
    line: str


def places(artifact: Artifact) -> dict[str, Place]:
    """The place of every node, by the node's name and by the names of its outputs.

    The runtime names what it fuses after a node or after a tensor, so both are keys.
    """
    model = onnx.load_from_string(artifact.model)
    forward = _ancestors(model.graph, _forward_ends(artifact))
    found: dict[str, Place] = {}
    for index, node in enumerate(model.graph.node):
        scope = node.name.rsplit(".", 1)[0] if "." in node.name else ""
        updates = not node.doc_string and (scope in ("optimizer", "clip") or scope.startswith("optimizer."))
        part: Part = "update" if updates else "forward" if index in forward else "backward"
        place = Place(scope, part, node.doc_string)
        for name in (*node.output, node.name):
            found[name] = place
    return found


def _forward_ends(artifact: Artifact) -> set[str]:
    """Outputs that a forward pass makes: everything but gradients, state and the new values of trained weights."""
    trained = {port["name"] for port in artifact.manifest["inputs"] if port.get("trainable")}
    ends = set()
    for port in artifact.manifest["outputs"]:
        if port["role"] in ("state", "gradient") or (port["role"] == "param" and port.get("of") in trained):
            continue
        ends.add(port["name"])
    return ends


def _ancestors(graph: onnx.GraphProto, ends: set[str]) -> set[int]:
    """Numbers of the nodes that these tensors depend on; nodes stand in an order in which they can run."""
    wanted = set(ends)
    found = set()
    for index in range(len(graph.node) - 1, -1, -1):
        node = graph.node[index]
        if not wanted.isdisjoint(node.output):
            found.add(index)
            wanted.update(node.input)
    return found
