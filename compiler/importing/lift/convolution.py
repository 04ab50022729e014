"""Convolutions whose bias stands behind them."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import Lifting, lifts
from netc.compiler.ir import Node

CONVOLUTIONS = ("Layer.conv", "Layer.depthwise", "Layer.conv_transpose")


@lifts("Add")
def biased(m: Lifting, node: Node) -> Call | None:
    """A convolution without bias, plus a number for each channel."""
    for value, bias in (node.inputs, node.inputs[::-1]):
        array = m.array(bias)
        conv = next((found for op in CONVOLUTIONS if (found := m.made(value, op)) is not None), None)
        if conv is None or array is None or "bias" in conv.attributes["weights"]:
            continue
        channels = (conv.output.shape[1], *(1,) * (conv.output.rank - 2))
        if tuple(array.shape) != channels:
            continue
        said = {word: item for word, item in conv.attributes["arguments"].items() if word != "bias"}
        weights = {**conv.attributes["weights"], "bias": m.weight(bias, np.reshape(array, -1), "bias")}
        return m.call(conv.attributes["word"], node, *conv.inputs, weights=weights, **said)
    return None
