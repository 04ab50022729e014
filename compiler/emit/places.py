"""Where the operators of a written model come from: layer, part of the step, line. What a profile is read with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import onnx

from netc.compiler.artifact import Artifact
from netc.compiler.ir import Purpose

Part = Literal["forward", "backward", "update"]
UPDATING = ("clip", "optimizer", "stack")


@dataclass(frozen=True, slots=True)
class Place:
    """A node's origin.

    scope  the path of its layer, `loss.NAME`, `metric.NAME`, `clip`, `optimizer.PARAMETER` or `stack.PARAMETER`
    purpose  what it is for where it belongs to no layer, whatever layers are called
    part   "forward": loss or metrics depend on it; "update": it belongs to the optimizer or moves running statistics;
           "backward": the rest
    line   `file:line` in the text, "" where it has none
    """

    scope: str
    part: Part
    line: str
    purpose: Purpose | None = None


def places(artifact: Artifact) -> dict[str, Place]:
    """The place of every node of a model that the compiler made here, by the node's name and by those of its outputs.

    The runtime names what it fuses after a node or after a tensor, so both are keys; a node's own name comes first.
    """
    model = onnx.load_from_string(artifact.model)
    forward = _ancestors(model.graph, _forward_ends(artifact))
    nodes: dict[str, Place] = {}
    tensors: dict[str, Place] = {}
    for index, (node, purpose) in enumerate(zip(model.graph.node, artifact.purposes, strict=True)):
        scope = node.name.rsplit(".", 1)[0] if "." in node.name else ""
        part: Part = "update" if purpose in UPDATING else "forward" if index in forward else "backward"
        nodes[node.name] = place = Place(scope, part, node.doc_string, purpose)
        tensors |= dict.fromkeys(node.output, place)
    return tensors | nodes


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
