"""The layers of Keras that layers are, each in one place.

A twin is told the part that it is for, whose numbers it marks, and its layer. None: this call has no layer in Keras,
and its operators are written. Keras pads by "same" or not at all; other padding stands in front of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.sources.parts import Part, Twin

Maker = Callable[[Part, LayerInstance], Twin | None]


class Verbatim(str):
    """What stands in a text as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


FIRST = Verbatim("FIRST")


def even(values: Any) -> Any:
    """One number where all are the same."""
    return values[0] if all(value == values[0] for value in values) else tuple(values)


def made(part: Part, word: str, positional: Mapping[str, Any], named: Mapping[str, tuple[Any, Any]]) -> str:
    """`layers.WORD(…)`; of the named ones those that aren't as Keras has them: name -> (value, Keras's own)."""
    given = [part.mark(label, value) for label, value in positional.items()]
    text = ", ".join(given) + "".join(part.option(name, *values) for name, values in named.items())
    return f"layers.{word}({text})"


def padded(part: Part, pads: Sequence[int], value: str = "") -> str:
    """What a layer is called with, of the padding at the beginning and at the end of each axis."""
    axes = len(pads) // 2
    if not any(pads):
        return "{0}"
    alike = len(set(pads)) == 1
    width = part.mark("padding", pads[0] if alike else tuple(zip(pads[:axes], pads[axes:], strict=True)), in_run=True)
    return f"pad({{0}}, {width}{value and f', {value}'})"


def _weights(layer: LayerInstance, *leaves: str) -> dict[str, Value] | None:
    """The layer's tensors by their last names, where it has no others."""
    found = {item.name.rsplit(".", 1)[-1]: item.value for item in layer.parameters}
    names = {item.name.rpartition(".")[0] for item in layer.parameters}
    return found if len(names) <= 1 and found.keys() <= set(leaves) and len(found) == len(layer.parameters) else None


def convolution(part: Part, layer: LayerInstance) -> Twin | None:
    """Conv1D to Conv3D, and DepthwiseConv of one or two axes."""
    found, node = _weights(layer, "weight", "bias"), layer.nodes[0]
    if found is None or node.op != "Conv" or node.inputs[1:] != tuple(found.values()):
        return None
    at, (outputs, share, *kernel) = node.attributes, node.inputs[1].shape
    strides, dilations, pads, axes = at["strides"], at["dilations"], at["pads"], len(kernel)
    if max(strides) > 1 and max(dilations) > 1:
        return None  # Keras's layers take one of the two
    whole = [(size - 1) * by for size, by in zip(kernel, dilations, strict=True)]
    same = set(strides) == {1} and any(pads) and all(
        2 * low == size and low == high for low, high, size in zip(pads[:axes], pads[axes:], whole, strict=True)
    )  # fmt: skip
    depthwise = share == 1 and at["group"] > 1 and axes < 3 and len(set(strides)) == 1
    named = {
        "strides": (even(strides), 1),
        "padding": ("same" if same else "valid", "valid"),
        "data_format": (FIRST, None),
        "dilation_rate": (even(dilations), 1),
        "use_bias": ("bias" in found, True),
    }
    positional = {"filters": outputs, "kernel_size": even(kernel)}
    if depthwise:
        del positional["filters"]
        named["depth_multiplier"] = (outputs // at["group"], 1)
    else:
        named["groups"] = (at["group"], 1)
    word = f"{'Depthwise' if depthwise else ''}Conv{axes}D"
    given = "{0}" if same else padded(part, pads)
    return Twin(made(part, word, positional, named), 1, node.inputs[0], node.output, given)


def dense(part: Part, layer: LayerInstance) -> Twin | None:
    """Dense."""
    found = _weights(layer, "weight", "bias")
    operators = [node.op for node in layer.nodes[:3]]
    if found is None or "weight" not in found or operators[:2] != ["Transpose", "MatMul"]:
        return None
    count = 3 if "bias" in found else 2
    if layer.nodes[0].inputs[0] is not found["weight"] or (count == 3 and operators[2:] != ["Add"]):
        return None
    text = made(part, "Dense", {"units": found["weight"].shape[0]}, {"use_bias": ("bias" in found, True)})
    return Twin(text, count, layer.nodes[1].inputs[0], layer.nodes[count - 1].output)


def batchnorm(part: Part, layer: LayerInstance) -> Twin | None:
    """BatchNormalization."""
    found, node = _weights(layer, "weight", "bias", "running_mean", "running_var"), layer.nodes[0]
    if found is None or len(found) != 4 or node.op != "BatchNormalization":
        return None
    axis = 1 if node.inputs[0].rank > 2 else -1
    momentum = (round(node.attributes["momentum"], 10), 0.99)
    named = {"axis": (axis, -1), "momentum": momentum, "epsilon": (node.attributes["epsilon"], 1e-3)}
    return Twin(made(part, "BatchNormalization", {}, named), 1, node.inputs[0], node.output)


def layernorm(part: Part, layer: LayerInstance) -> Twin | None:
    """LayerNormalization over the last axis, with both of its tensors."""
    found, node = _weights(layer, "weight", "bias"), layer.nodes[0]
    operators = [node.op for node in layer.nodes]
    axes = node.attributes.get("axes")
    if found is None or len(found) != 2 or operators[:3] != ["Standardization", "Mul", "Add"] or axes is None:
        return None
    if not node.attributes["centred"] or [axis % node.inputs[0].rank for axis in axes] != [node.inputs[0].rank - 1]:
        return None
    text = made(part, "LayerNormalization", {}, {"epsilon": (node.attributes["epsilon"], 1e-3)})
    return Twin(text, 3, node.inputs[0], layer.nodes[2].output)


def embedding(part: Part, layer: LayerInstance) -> Twin | None:
    """Embedding."""
    found, node = _weights(layer, "weight"), layer.nodes[0]
    if not found or node.op != "Gather" or node.inputs[0] is not found["weight"] or len(layer.nodes) != 1:
        return None
    rows, width = node.inputs[0].shape
    text = made(part, "Embedding", {"input_dim": rows, "output_dim": width}, {})
    return Twin(text, 1, node.inputs[1], node.output)


def pool(part: Part, layer: LayerInstance) -> Twin | None:
    """MaxPooling and AveragePooling; padding that a mean leaves out has none."""
    node = layer.nodes[0]
    if len(layer.nodes) != 1 or node.op not in ("MaxPool", "AveragePool"):
        return None
    at, greatest = node.attributes, node.op == "MaxPool"
    if any(at["pads"]) and not greatest and not at["count_include_pad"]:
        return None
    kernel = even(at["kernel"])
    named = {"strides": (even(at["strides"]), kernel), "data_format": (FIRST, None)}
    word = f"{'Max' if greatest else 'Average'}Pooling{len(at['kernel'])}D"
    given = padded(part, at["pads"], 'float("-inf")' if greatest else "")
    return Twin(made(part, word, {"pool_size": kernel}, named), 1, node.inputs[0], node.output, given)


def global_pool(part: Part, layer: LayerInstance) -> Twin | None:
    """GlobalAveragePooling and GlobalMaxPooling."""
    node = layer.nodes[0]
    rank = node.inputs[0].rank
    if len(layer.nodes) != 1 or node.op not in ("ReduceMean", "ReduceMax") or not 3 <= rank <= 5:
        return None
    if sorted(axis % rank for axis in node.attributes["axes"]) != list(range(2, rank)):
        return None
    word = f"Global{'Average' if node.op == 'ReduceMean' else 'Max'}Pooling{rank - 2}D"
    named = {"data_format": (FIRST, None), "keepdims": (bool(node.attributes["keepdims"]), False)}
    return Twin(made(part, word, {}, named), 1, node.inputs[0], node.output)


def dropout(part: Part, layer: LayerInstance) -> Twin | None:
    """Dropout, whose noise_shape says what is dropped together."""
    node = layer.nodes[0]
    if len(layer.nodes) != 1 or node.op != "Dropout":
        return None
    rate, leading, rank = node.attributes["rate"], node.attributes["leading"], node.inputs[0].rank
    shape = None if leading is None else (None,) * leading + (1,) * (rank - leading)
    text = made(part, "Dropout", {"rate": rate}, {"noise_shape": (shape, None)})
    return Twin(text, 1, node.inputs[0], node.output)


def relu(part: Part, layer: LayerInstance) -> Twin | None:
    """ReLU."""
    node = layer.nodes[0]
    alone = len(layer.nodes) == 1 and node.op == "Relu"
    return Twin("layers.ReLU()", 1, node.inputs[0], node.output) if alone else None


TWINS: dict[str, Maker] = {
    "conv": convolution,
    "depthwise": convolution,
    "dense": dense,
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "embedding": embedding,
    "maxpool": pool,
    "avgpool": pool,
    "global_avgpool": global_pool,
    "global_maxpool": global_pool,
    "dropout": dropout,
    "spatial_dropout": dropout,
    "relu": relu,
}
