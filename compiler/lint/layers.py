"""What a layer is to rules: a norm, an activation, a product with weights, a dropout."""

from __future__ import annotations

from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import language_shape
from netc.compiler.lint.wiring import data_inputs, rearranges

NORMS = frozenset(("batchnorm", "groupnorm", "instancenorm", "layernorm", "rmsnorm"))
DROPOUTS = frozenset(("dropout", "spatial_dropout"))
RECTIFIERS = frozenset(("relu", "relu6"))
SOFTMAXES = frozenset(("softmax", "log_softmax"))
GATED = frozenset(("glu", "swiglu"))
ACTIVATIONS = "netc.compiler.layers.activations."


def is_norm(layer: LayerInstance) -> bool:
    """Whether it brings what flows to one scale."""
    return layer.word in NORMS


def is_activation(layer: LayerInstance) -> bool:
    """Whether it is a function of each element alone that bends: no softmax, no gate."""
    return layer.layer is not None and _activates(layer.word, type(layer.layer))


def _activates(word: str, definition: Any) -> bool:
    inside = definition is not None and definition.__module__.startswith(ACTIVATIONS)
    return inside and word not in SOFTMAXES and word not in GATED


def is_linear(layer: LayerInstance) -> bool:
    """Whether learned weights multiply its one input, whatever it does after that."""
    return layer.layer is not None and type(layer.layer).linear and len(data_inputs(layer)) == 1


def keeps(layer: LayerInstance) -> bool:
    """Whether its result is its input where the network is used, perhaps at other places: flatten, dropout."""
    return all(map(rearranges, layer.nodes))


def drops(layer: LayerInstance) -> bool:
    """Whether it sets elements or channels to zero in training."""
    return layer.word in DROPOUTS and rate(layer) > 0


def rate(layer: LayerInstance) -> float:
    """The share that a dropout drops."""
    share: float = getattr(layer.layer, "rate", 0.0)
    return share


def activation_of(layer: LayerInstance) -> str | None:
    """The word of the activation that a layer ends with: its own, or that of its `act`; None where it has none.

    An `act` that is no activation of the language, such as a block, has its word too, as far as it has one.
    """
    if is_activation(layer):
        return layer.word
    act = getattr(layer.layer, "act", None) if is_linear(layer) else None
    if act is None:
        return None
    return str(getattr(act, "word", "") or getattr(act, "name", "") or "act")


def ends_linear(layer: LayerInstance) -> bool:
    """Whether it is a product with weights and at most a bias, without an activation."""
    return is_linear(layer) and activation_of(layer) is None


def map_sizes(layer: LayerInstance) -> tuple[int, ...]:
    """The spatial sizes of the map that a layer makes, `[C, *sizes]`; none where it makes no map, or of open size."""
    sizes = language_shape(layer.outputs[0])[1:]
    return tuple(sizes) if all(isinstance(size, int) for size in sizes) else ()  # type: ignore[arg-type]
