"""Weights of frameworks that keep channels last, in the order of axes and under the leaves that netc has.

Keras and JAX keep a convolution as H×W×I×O and a dense layer as in×out, call them `kernel`, and flatten maps row by
row with the channels innermost. What is made of a tensor follows from its leaf and its number of axes.

    Conv, transposed conv   kernel H×W×I×O (H×W×O×I)    weight O×I×H×W (I×O×H×W)
    depthwise conv          H×W×C×M                     C*M×1×H×W
    dense                   in×out                      out×in
    LSTM                    in×4u, gates i f c o        weight_ih_l0 4u×in, gates i f g o; bias and zeros
    GRU                     in×3u, gates z r h          weight_ih_l0 3u×in, gates r z n; both biases
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import format_shape
from netc.compiler.weights.formats.base import UnreadableError, by_name

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

KERNEL, RECURRENT = "kernel", "recurrent_kernel"
GATED = (KERNEL, RECURRENT, "bias")
"""Leaves of a recurrent layer, which become others together."""

LEAVES = {
    "gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
    "moving_var": "running_var", "embeddings": "weight", "embedding": "weight", "scale": "weight",
    "mean": "running_mean", "var": "running_var", "alpha": "weight",
}  # fmt: skip
"""Leaves whose tensors stay as they are."""

DEPTHWISE = {"depthwise_kernel": "depthwise", "pointwise_kernel": "pointwise"}


def is_channels_last(names: Mapping[str, Any]) -> bool:
    """Whether names are those of frameworks that keep channels last: they have a `kernel`."""
    return any(name.rpartition(".")[2].endswith(KERNEL) for name in names)


def channels_first(tensors: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, str]]:
    """The tensors of a file that keeps channels last, in netc's order of axes and under netc's leaves.

    Returns them, and what each was called; several come of one where gates have biases of their own.
    Raises UnreadableError where two come to one name.
    """
    found: list[tuple[str, str, Array]] = []
    for name, tensor in tensors.items():
        layer, _, leaf = name.rpartition(".")
        if leaf in GATED and all(f"{layer}.{other}" in tensors for other in (KERNEL, RECURRENT)):
            if leaf == KERNEL:
                made = _recurrent(layer, tensors)
                found += [(ours, f"{layer}.{_gate_leaf(ours)}", array) for ours, array in made.items()]
            continue
        separable = f"{layer}.pointwise_kernel" in tensors
        found.append((_joined(*_named(layer, leaf, separable)), name, _turned(leaf, tensor)))
    return by_name(found), {ours: name for ours, name, _ in found}


def _gate_leaf(name: str) -> str:
    leaf = name.rpartition(".")[2]
    return "bias" if leaf.startswith("bias") else KERNEL if leaf.startswith("weight_ih") else RECURRENT


def _named(layer: str, leaf: str, separable: bool) -> tuple[str, str]:
    if separable and leaf in DEPTHWISE:
        return f"{layer}.{DEPTHWISE[leaf]}", "weight"
    if separable and leaf == "bias":
        return f"{layer}.pointwise", "bias"
    return layer, "weight" if leaf.endswith(KERNEL) else LEAVES.get(leaf, leaf)


def _turned(leaf: str, tensor: Array) -> Array:
    if leaf == "depthwise_kernel" and tensor.ndim >= 3:
        moved = tensor.transpose(tensor.ndim - 2, tensor.ndim - 1, *range(tensor.ndim - 2))
        return moved.reshape(tensor.shape[-2] * tensor.shape[-1], 1, *tensor.shape[:-2])
    if leaf.endswith(KERNEL):
        return turned(tensor)
    return tensor


def turned(kernel: Array) -> Array:
    """A kernel with its outputs first and its inputs second."""
    rank = kernel.ndim
    return kernel.transpose(rank - 1, rank - 2, *range(rank - 2)) if rank >= 2 else kernel


def _recurrent(layer: str, tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The weights of an LSTM, a GRU or a plain recurrent layer, of one direction."""
    import numpy as np

    inner = layer.rpartition(".")
    reverse = inner[2].startswith("backward_")
    outer = inner[0] if reverse or inner[2].startswith("forward_") else layer
    kernel, recurrent, bias = (tensors.get(f"{layer}.{leaf}") for leaf in GATED)
    assert kernel is not None
    assert recurrent is not None
    if not 2 <= kernel.ndim == recurrent.ndim or kernel.shape[-1] != recurrent.shape[-1]:
        raise UnreadableError(f"the kernels of `{layer}`, of {_shapes(kernel, recurrent)}, are of no recurrent layer")
    units, width = recurrent.shape[-2:]
    if bias is not None and bias.shape not in ((width,), (2, width)):
        said = f"one of {width} or 2x{width} goes with its kernels"
        raise UnreadableError(f"the bias of `{layer}` has shape {format_shape(bias.shape)}, and {said}")
    gru = width == 3 * units

    def gates(tensor: Array) -> Array:
        return np.concatenate([tensor[units : 2 * units], tensor[:units], tensor[2 * units :]]) if gru else tensor

    found = {"weight_ih": gates(turned(kernel)), "weight_hh": gates(turned(recurrent))}
    if bias is not None:
        both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
        found |= {"bias_ih": gates(both[0]), "bias_hh": gates(both[1])}
    ending = "_l0" + "_reverse" * reverse
    return {_joined(outer, leaf + ending): tensor for leaf, tensor in found.items()}


def _shapes(*tensors: Array) -> str:
    return " and ".join(format_shape(tensor.shape) for tensor in tensors)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def spatial_columns(weight: Array, channels: int, positions: int) -> Array:
    """A dense layer's weight for a flattened map with the channels outermost, of one for channels innermost."""
    outputs = weight.shape[0]
    return weight.reshape(outputs, positions, channels).transpose(0, 2, 1).reshape(weight.shape)
