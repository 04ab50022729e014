"""Convolutions whose bias stands behind them, and a batch norm in pieces."""

from __future__ import annotations

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.lifting import LARGE, Lifting, lifts
from netc.compiler.importing.lower.windows import FOLDED
from netc.compiler.importing.lowering import Weight
from netc.compiler.importing.records import derived
from netc.compiler.ir import Node, Value

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


@lifts("Add", size=LARGE)
def normalized(m: Lifting, node: Node) -> Call | None:
    """A convolution, less a mean, times a scale, plus a shift: a batch norm of which an exporter kept no variance.

    Keras's exporter writes norms so. The variance is a part of the scale then, so that no norm can be made of it which
    would train as the one that was; the convolution takes it in, as it does where exporters fold norms themselves.
    """
    shift = _step(m, node.output, "Add")
    scale = None if shift is None else _step(m, shift[0], "Mul")
    mean = None if scale is None else _step(m, scale[0], "Sub")
    if shift is None or scale is None or mean is None:
        return None
    bias = _step(m, mean[0], "Add")
    source = mean[0] if bias is None else bias[0]
    conv = m.made(source, "Layer.conv") or m.made(source, "Layer.depthwise")
    if conv is None:
        return None
    held = conv.attributes["weights"]
    if bias is not None and "bias" in held:
        return None
    weight, by = held["weight"], scale[1].array
    before = held["bias"].array if "bias" in held else np.zeros_like(by) if bias is None else bias[1].array
    key = derived(weight.key, scale[1].key, shift[1].key)
    weights = {
        "weight": Weight(key, weight.array * by.reshape(-1, *(1,) * (weight.array.ndim - 1))),
        "bias": Weight(derived(key, "bias"), (before - mean[1].array) * by + shift[1].array),
    }
    said = {word: item for word, item in conv.attributes["arguments"].items() if word != "bias"}
    m.lowering.note(FOLDED)
    return m.call(conv.attributes["word"], node, *conv.inputs, weights=weights, **said)


def _step(m: Lifting, value: Value, op: str) -> tuple[Value, Weight] | None:
    """What an operator is applied to, and the vector over channels that it adds, multiplies or takes away."""
    node = m.made(value, op)
    if node is None:
        return None
    for inner, other in (node.inputs, *(() if op == "Sub" else (node.inputs[::-1],))):
        array = m.array(other)
        channels = (value.shape[1], *(1,) * (value.rank - 2)) if value.rank > 2 else None
        if array is not None and tuple(array.shape) == channels:
            return inner, m.weight(other, array.reshape(-1))
    return None
