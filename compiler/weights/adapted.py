"""Tensors of a file as a net's parameters have them: what only the net can say about the order of their numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netc.compiler.ir import Shape, Value, product
from netc.compiler.net import Net
from netc.compiler.weights.layouts import spatial_columns, turned
from netc.compiler.weights.source import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]


def adapted(source: Source, net: Net) -> Source:
    """The tensors, those of a net's parameters with numbers in its order and its axes.

    A file that says nothing of its order of axes keeps channels last where a kernel of it fits so and none fits as it
    is. What differs in axes of size 1 alone takes the net's. What fits in no way stays as it is.
    """
    known = {item.name: item.value.shape for item in net.parameters if item.name in source.tensors}
    last = source.channels_last
    if last is None:
        last = _last_by_shapes(source, known)
    maps = flattened_maps(net) if last else {}
    changed = {}
    for name, shape in known.items():
        tensor = source.tensors[name]
        if source.channels_last is None and last and tensor.ndim >= 2:
            tensor = turned(tensor)
        if last:
            tensor = _from_channels_last(tensor, shape, maps.get(name))
        if tensor.shape != shape and (
            _without_ones(tensor.shape) == _without_ones(shape) or _covers(tensor, shape, last)
        ):
            tensor = tensor.reshape(shape)
        if tensor is not source.tensors[name]:
            changed[name] = tensor
    return replace(source, tensors=source.tensors | changed, turned=source.turned | changed.keys())


def _last_by_shapes(source: Source, known: dict[str, Shape]) -> bool:
    """Whether kernels fit with their channels last, and not as they are; convolutions decide where there are any."""
    kernels = {name: shape for name, shape in known.items() if len(shape) >= 3}
    kernels = kernels or {name: shape for name, shape in known.items() if len(shape) == 2}
    ways = [
        (source.tensors[name].shape == shape, turned(source.tensors[name]).shape == shape)
        for name, shape in kernels.items()
    ]
    return (False, True) in ways and (True, False) not in ways


def _from_channels_last(tensor: Array, shape: Shape, flat: tuple[int, int] | None) -> Array:
    if tensor.ndim >= 3 and tensor.shape != shape and shape[1:2] == (1,):  # depthwise, kept as H×W×C×M
        moved = tensor.swapaxes(0, 1).reshape(tensor.shape[0] * tensor.shape[1], 1, *tensor.shape[2:])
        return moved if moved.shape == shape else tensor
    if flat is None or tensor.shape != shape:
        return tensor
    if tensor.ndim == 1:
        return spatial_columns(tensor.reshape(1, -1), *flat).reshape(-1)
    return spatial_columns(tensor, *flat)


def _covers(tensor: Array, shape: Shape, last: bool) -> bool:
    """Whether a convolution over a whole map is what a dense layer of the flattened map is."""
    return not last and tensor.ndim > len(shape) == 2 and tensor.shape[0] == shape[0] and tensor.size == product(shape)


def _without_ones(shape: Shape) -> tuple[object, ...]:
    return tuple(size for size in shape if size != 1)


def flattened_maps(net: Net) -> dict[str, tuple[int, int]]:
    """Of weights that meet a flattened map, channels and positions of it; maps of one position don't count.

    They are those of the dense layer and the batch norms after `flatten`, whatever works on single numbers in between.
    """
    found: dict[str, tuple[int, int]] = {}
    for layer in net.layers:
        if layer.word not in ("dense", "batchnorm") or not layer.inputs:
            continue
        shape = _map_before(layer.inputs[0])
        if shape is None:
            continue
        channels, positions = shape[1], product(shape[2:])
        if isinstance(channels, int) and isinstance(positions, int) and positions > 1:
            width = 2 if layer.word == "dense" else 1
            sized = [item for item in layer.parameters if item.value.rank == width]
            found |= {item.name: (channels, positions) for item in sized}
    return found


def _map_before(value: Value) -> Shape | None:
    """The shape of the map, `[N, C, …]`, that a vector was flattened from; None where it wasn't."""
    while value.node is not None and value.node.inputs:
        before = value.node.inputs[0]
        if value.node.op == "Reshape" and value.rank == 2 and before.rank > 2:
            return before.shape if before.shape[0] == value.shape[0] else None
        if before.shape != value.shape:
            return None
        value = before
    return None
