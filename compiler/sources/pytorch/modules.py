"""The modules of torch.nn that layers are, each in one place.

A twin is told the part that it is for, whose numbers it marks, and its layer; it says how the module is made, how many
of the layer's nodes that is, what flows in and out. None: this call has no module, and its operators are written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, Value
from netc.compiler.ops.pooling import torch_takes
from netc.compiler.sources.parts import Part, Twin

Maker = Callable[[Part, LayerInstance], Twin | None]


def even(values: Any) -> Any:
    """One number where all are the same."""
    return values[0] if all(value == values[0] for value in values) else tuple(values)


def made(part: Part, word: str, positional: Mapping[str, Any], named: Mapping[str, tuple[Any, Any]]) -> str:
    """`nn.WORD(…)`; of the named ones those that aren't as PyTorch has them: name -> (value, PyTorch's own)."""
    given = ", ".join(part.mark(label, value) for label, value in positional.items())
    return f"nn.{word}({given}{''.join(part.option(name, *values) for name, values in named.items())})"


def _weights(layer: LayerInstance, *leaves: str) -> dict[str, Value] | None:
    """The layer's tensors by their last names, where it has no others."""
    found = {item.name.rsplit(".", 1)[-1]: item.value for item in layer.parameters}
    names = {item.name.rpartition(".")[0] for item in layer.parameters}
    return found if len(names) <= 1 and found.keys() <= set(leaves) and len(found) == len(layer.parameters) else None


def convolution(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.Conv1d to nn.Conv3d, with padding that is alike at both ends."""
    found, node = _weights(layer, "weight", "bias"), layer.nodes[0]
    if found is None or node.op != "Conv" or node.inputs[1:] != tuple(found.values()):
        return None
    at, (outputs, share, *kernel) = node.attributes, node.inputs[1].shape
    pads = at["pads"]
    if pads[: len(kernel)] != pads[len(kernel) :]:
        return None
    word = f"Conv{len(kernel)}d"
    positional = {"in_channels": share * at["group"], "out_channels": outputs, "kernel_size": even(kernel)}
    named = {
        "stride": (even(at["strides"]), 1),
        "padding": (even(pads[: len(kernel)]), 0),
        "dilation": (even(at["dilations"]), 1),
        "groups": (at["group"], 1),
        "bias": ("bias" in found, True),
    }
    return Twin(made(part, word, positional, named), 1, node.inputs[0], node.output)


def dense(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.Linear."""
    found = _weights(layer, "weight", "bias")
    operators = [node.op for node in layer.nodes[:3]]
    if found is None or "weight" not in found or operators[:2] != ["Transpose", "MatMul"]:
        return None
    count = 3 if "bias" in found else 2
    if layer.nodes[0].inputs[0] is not found["weight"] or (count == 3 and operators[2:] != ["Add"]):
        return None
    outputs, inputs = found["weight"].shape
    positional = {"in_features": inputs, "out_features": outputs}
    text = made(part, "Linear", positional, {"bias": ("bias" in found, True)})
    return Twin(text, count, layer.nodes[1].inputs[0], layer.nodes[count - 1].output)


def batchnorm(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.BatchNorm1d to nn.BatchNorm3d; PyTorch's momentum is the share of the new."""
    found, node = _weights(layer, "weight", "bias", "running_mean", "running_var"), layer.nodes[0]
    if found is None or len(found) != 4 or node.op != "BatchNormalization" or not 2 <= node.inputs[0].rank <= 5:
        return None
    axes = max(1, node.inputs[0].rank - 2)
    momentum = round(1 - node.attributes["momentum"], 10)
    named = {"eps": (node.attributes["epsilon"], 1e-5), "momentum": (momentum, 0.1)}
    text = made(part, f"BatchNorm{axes}d", {"num_features": node.inputs[1].shape[0]}, named)
    return Twin(text, 1, node.inputs[0], node.output)


def layernorm(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.LayerNorm over the last axis, with both of its tensors."""
    found, node = _weights(layer, "weight", "bias"), layer.nodes[0]
    operators = [node.op for node in layer.nodes]
    axes = node.attributes.get("axes")
    if found is None or len(found) != 2 or operators[:3] != ["Standardization", "Mul", "Add"] or axes is None:
        return None
    if not node.attributes["centred"] or [axis % node.inputs[0].rank for axis in axes] != [node.inputs[0].rank - 1]:
        return None
    named = {"eps": (node.attributes["epsilon"], 1e-5)}
    text = made(part, "LayerNorm", {"features": found["weight"].shape[0]}, named)
    return Twin(text, 3, node.inputs[0], layer.nodes[2].output)


def embedding(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.Embedding."""
    found, node = _weights(layer, "weight"), layer.nodes[0]
    if not found or node.op != "Gather" or node.inputs[0] is not found["weight"] or len(layer.nodes) != 1:
        return None
    rows, width = node.inputs[0].shape
    named = {"padding_idx": (node.attributes["padding"], None)}
    text = made(part, "Embedding", {"num_embeddings": rows, "embedding_dim": width}, named)
    return Twin(text, 1, node.inputs[1], node.output)


def pool(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.MaxPool and nn.AvgPool, where PyTorch takes the padding."""
    node = layer.nodes[0]
    if len(layer.nodes) != 1 or node.op not in ("MaxPool", "AveragePool"):
        return None
    at, axes = node.attributes, len(node.attributes["kernel"])
    if not torch_takes(at["pads"], at["kernel"]):
        return None
    word = f"{'Max' if node.op == 'MaxPool' else 'Avg'}Pool{axes}d"
    kernel = even(at["kernel"])
    named: dict[str, tuple[Any, Any]] = {
        "stride": (even(at["strides"]), kernel),
        "padding": (even(at["pads"][:axes]), 0),
    }
    if node.op == "AveragePool" and any(at["pads"]):
        named["count_include_pad"] = (bool(at["count_include_pad"]), True)
    return Twin(made(part, word, {"kernel_size": kernel}, named), 1, node.inputs[0], node.output)


def dropout(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.Dropout; nn.Dropout2d drops whole channels."""
    node = layer.nodes[0]
    if len(layer.nodes) != 1 or node.op != "Dropout" or node.attributes["leading"] == 1:
        return None
    word = "Dropout"
    if node.attributes["leading"] is not None:
        word = f"Dropout{node.inputs[0].rank - 2}d"
    return Twin(made(part, word, {"p": node.attributes["rate"]}, {}), 1, node.inputs[0], node.output)


def relu(part: Part, layer: LayerInstance) -> Twin | None:
    """nn.ReLU."""
    return _simple("Relu", "nn.ReLU()", layer)


def _simple(operator: str, text: str, layer: LayerInstance) -> Twin | None:
    node: Node = layer.nodes[0]
    return Twin(text, 1, node.inputs[0], node.output) if len(layer.nodes) == 1 and node.op == operator else None


TWINS: dict[str, Maker] = {
    "conv": convolution,
    "depthwise": convolution,
    "dense": dense,
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "embedding": embedding,
    "maxpool": pool,
    "avgpool": pool,
    "dropout": dropout,
    "spatial_dropout": dropout,
    "relu": relu,
}
