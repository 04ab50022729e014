"""Recurrent layers: what of their results is read decides how they are written."""

from __future__ import annotations

from netc.compiler.importing.calls import Call
from netc.compiler.importing.findings import unsupported
from netc.compiler.importing.lifting import LARGE, Lifting, lifts
from netc.compiler.ir import Node

RECURRENT = ("Layer.lstm", "Layer.gru", "Layer.rnn")


@lifts(*RECURRENT, size=LARGE)
def recurrent(m: Lifting, node: Node) -> Call:
    """All steps, or the last state of each direction: `lstm(16)`, `lstm(16, last=true)`."""
    y, state, *cell = node.outputs
    if any(m.readers.get(value) for value in cell):
        raise unsupported("the last cell state of an LSTM is read", "networks here read its last output: `last=true`")
    said = dict(node.attributes["arguments"])
    sources = tuple(item for item in node.inputs if item not in said.values())
    if m.readers.get(state) and m.readers.get(y):
        raise unsupported(
            "both all steps and the last state of a recurrent layer are read", "export the network with one of them"
        )
    if m.readers.get(state):
        said["last"] = True
        return Call(
            node.attributes["word"], sources, (state,), said, node.attributes["weights"], m.lowering.scopes[node]
        )
    return Call(node.attributes["word"], sources, (y,), said, node.attributes["weights"], m.lowering.scopes[node])
