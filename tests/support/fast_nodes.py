"""Nodes of the operators of `netc[fast]`, each as a model of its own: valid ones, drawn at random."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import TensorProto, helper
from onnx.helper import np_dtype_to_tensor_dtype

Array = np.ndarray[Any, Any]
DOMAIN = "netc.fast"


@dataclass
class FastNode:
    """A node: the arrays that it is given (None: it leaves the input out), its attributes, the names of its outputs."""

    op: str
    inputs: list[Array | None]
    attributes: dict[str, Any]
    outputs: list[str]
    typed: dict[str, int] = field(default_factory=dict)

    @property
    def feeds(self) -> dict[str, Array]:
        return {f"x{i}": array for i, array in enumerate(self.inputs) if array is not None}

    def model(self) -> bytes:
        """A model of this node alone, whose inputs have no shapes that anybody could check."""
        names = ["" if array is None else f"x{i}" for i, array in enumerate(self.inputs)]
        node = helper.make_node(self.op, names, self.outputs, domain=DOMAIN)
        for name, value in self.attributes.items():
            node.attribute.append(helper.make_attribute(name, value, attr_type=self.typed.get(name)))
        inputs = [
            helper.make_tensor_value_info(name, np_dtype_to_tensor_dtype(array.dtype), None)
            for name, array in self.feeds.items()
        ]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in self.outputs if name]
        graph = helper.make_graph([node], "one", inputs, outputs)
        opsets = [helper.make_opsetid("", 20), helper.make_opsetid(DOMAIN, 1)]
        return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())


def numbers(draw: random.Random, *sizes: int) -> Array:
    """Small whole numbers: sums of them are exact, and none looks like memory that nobody wrote."""
    values = np.random.default_rng(draw.randrange(1 << 32)).integers(-8, 9, sizes)
    return values.astype(np.float32)


def batch_normalization(draw: random.Random) -> FastNode:
    settings, channels, x = _normalized(draw)
    vectors = [numbers(draw, channels) for _ in range(2)]
    return FastNode("BatchNormalization", [x, *vectors], settings, ["y", "mean", "variance"])


def batch_normalization_gradient(draw: random.Random) -> FastNode:
    settings, channels, x = _normalized(draw)
    vectors = [numbers(draw, channels) for _ in range(3)]
    inputs = [numbers(draw, *x.shape), x, *vectors, abs(numbers(draw, channels))]
    return FastNode("BatchNormalizationGradient", inputs, settings, ["dx", "dscale", "dbias"])


def max_pool_gradient(draw: random.Random) -> FastNode:
    block, channels, x = _map(draw)
    windows = _windows(draw, x, dilated=False)
    dy = numbers(draw, x.shape[0], channels, *windows.pop("places"))
    return FastNode("MaxPoolGradient", [dy, x], {**windows, "relu": draw.randint(0, 1), "block": block}, ["dx"])


def conv_weight_gradient(draw: random.Random) -> FastNode:
    plain = draw.randint(0, 1)
    block, _, x = _map(draw)
    if plain:
        x = numbers(draw, x.shape[0], draw.randint(1, block - 1), *x.shape[2:])
    windows = _windows(draw, x)
    dy = numbers(draw, x.shape[0], block * draw.randint(1, 3), *windows.pop("places"))
    return FastNode("ConvWeightGradient", [dy, x], {**windows, "plain": plain, "block": block}, ["dw", "dbias"])


def conv_input_gradient(draw: random.Random) -> FastNode:
    block, channels, x = _map(draw)
    windows = _windows(draw, x)
    filters = block * draw.randint(1, 2)
    w = numbers(draw, filters, channels, *windows.pop("kernel"))
    dy = numbers(draw, x.shape[0], filters, *windows.pop("places"))
    return FastNode("ConvInputGradient", [dy, w], {"size": list(x.shape[2:]), **windows, "block": block}, ["dx"])


def depthwise_weight_gradient(draw: random.Random) -> FastNode:
    block, channels, x = _map(draw)
    windows = _windows(draw, x)
    dy = numbers(draw, x.shape[0], channels, *windows.pop("places"))
    return FastNode("DepthwiseWeightGradient", [dy, x], {**windows, "block": block}, ["dw", "dbias"])


def depthwise_input_gradient(draw: random.Random) -> FastNode:
    block, channels, x = _map(draw)
    windows = _windows(draw, x)
    w = numbers(draw, channels, 1, *windows.pop("kernel"))
    dy = numbers(draw, x.shape[0], channels, *windows.pop("places"))
    return FastNode("DepthwiseInputGradient", [dy, w], {"size": list(x.shape[2:]), **windows, "block": block}, ["dx"])


def blocked_weights(draw: random.Random) -> FastNode:
    block = draw.choice((8, 16))
    w = numbers(draw, *(block * draw.randint(1, 3) for _ in range(2)), draw.randint(1, 5), draw.randint(1, 5))
    return FastNode("BlockedWeights", [w], {"block": block}, ["forward", "turned"][: draw.randint(1, 2)])


def elementwise(draw: random.Random) -> FastNode:
    sizes = draw.choice(((7,), (3, 5), (2, 3, 4), (1100,), (1, 70_000), (0, 4)))
    inputs = [numbers(draw, *(sizes if draw.random() < 0.7 else ())) for _ in range(draw.randint(0, 3))]
    inputs.insert(draw.randint(0, len(inputs)), numbers(draw, *sizes))
    constants = [float(draw.randint(-3, 3)) for _ in range(draw.randint(1, 2))]
    known, steps = len(inputs) + len(constants), list[int]()
    for step in range(draw.randint(1, 8)):
        steps += [draw.randint(0, 13), *(draw.randrange(known + step) for _ in range(2))]
    registers = known + len(steps) // 3
    results = [draw.randrange(registers) for _ in range(draw.randint(1, 3))]
    attributes = {"steps": steps, "results": results, "constants": constants}
    return FastNode("Elementwise", [*inputs], attributes, [f"y{i}" for i in range(len(results))])


def attention(draw: random.Random) -> FastNode:
    heads, packed = _packed(draw)
    settings = {"heads": heads, "scale": draw.choice((0.25, 1.0, -0.5)), "causal": draw.randint(0, 1)}
    return FastNode("Attention", [packed], settings, ["y", "peaks", "totals"])


def attention_gradient(draw: random.Random) -> FastNode:
    heads, packed = _packed(draw)
    examples, length, width = packed.shape
    statistics = [numbers(draw, examples, heads, length), abs(numbers(draw, examples, heads, length)) + 1]
    settings = {"heads": heads, "scale": draw.choice((0.25, 1.0, -0.5)), "causal": draw.randint(0, 1)}
    dy = numbers(draw, examples, length, width // 3)
    return FastNode("AttentionGradient", [dy, packed, *statistics], settings, ["dpacked"])


def layer_normalization(draw: random.Random) -> FastNode:
    x = _vectors(draw)
    vectors = [numbers(draw, x.shape[-1]) for _ in range(2)]
    settings = {"epsilon": draw.choice((1e-5, 1e-3))}
    return FastNode("LayerNormalization", [x, *vectors], settings, ["y", "mean", "inverse"])


def layer_normalization_gradient(draw: random.Random) -> FastNode:
    x = _vectors(draw)
    statistics = [numbers(draw, *x.shape[:-1], 1) for _ in range(2)]
    inputs = [numbers(draw, *x.shape), x, numbers(draw, x.shape[-1]), *statistics]
    return FastNode("LayerNormalizationGradient", [*inputs], {}, ["dx", "dscale", "dbias"])


def lstm(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    inputs = _into_gates(draw, 4, steps, examples, width)
    states = [_state(draw, examples, width) for _ in range(2)]
    return FastNode("LSTM", [*inputs, *states], settings, ["y", "h", "c", "before", "gates", "cells"])


def lstm_gradient(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    slopes = [_state(draw, *sizes, width) for sizes in ((steps, examples), (examples,), (examples,))]
    saved = [numbers(draw, steps, examples, parts * width) for parts in (4, 1)]
    inputs = [*slopes, numbers(draw, 4 * width, width), *saved, _state(draw, examples, width)]
    return FastNode("LSTMGradient", [*inputs], settings, ["dproduct", "dbias", "dh", "dc"])


def gru(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    inputs = [*_into_gates(draw, 3, steps, examples, width), numbers(draw, 3 * width)]
    return FastNode("GRU", [*inputs, _state(draw, examples, width)], settings, ["y", "h", "before", "parts"])


def gru_gradient(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    slopes = [_state(draw, steps, examples, width), _state(draw, examples, width)]
    saved = [numbers(draw, steps, examples, parts * width) for parts in (4, 1)]
    inputs = [*slopes, numbers(draw, 3 * width, width), *saved]
    return FastNode("GRUGradient", [*inputs], settings, ["dproduct", "dsums", "dinput_bias", "dbias", "dh"])


def rnn(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    inputs = [*_into_gates(draw, 1, steps, examples, width), _state(draw, examples, width)]
    return FastNode("RNN", [*inputs], {**settings, "relu": draw.randint(0, 1)}, ["y", "h", "before"])


def rnn_gradient(draw: random.Random) -> FastNode:
    steps, examples, width, settings = _unrolled(draw)
    slopes = [_state(draw, steps, examples, width), _state(draw, examples, width)]
    inputs = [*slopes, numbers(draw, width, width), numbers(draw, steps, examples, width)]
    return FastNode("RNNGradient", [*inputs], {**settings, "relu": draw.randint(0, 1)}, ["dproduct", "dbias", "dh"])


VALID: dict[str, Callable[[random.Random], FastNode]] = {
    "BatchNormalization": batch_normalization,
    "BatchNormalizationGradient": batch_normalization_gradient,
    "MaxPoolGradient": max_pool_gradient,
    "ConvWeightGradient": conv_weight_gradient,
    "ConvInputGradient": conv_input_gradient,
    "DepthwiseWeightGradient": depthwise_weight_gradient,
    "DepthwiseInputGradient": depthwise_input_gradient,
    "BlockedWeights": blocked_weights,
    "Attention": attention,
    "AttentionGradient": attention_gradient,
    "LayerNormalization": layer_normalization,
    "LayerNormalizationGradient": layer_normalization_gradient,
    "LSTM": lstm,
    "LSTMGradient": lstm_gradient,
    "GRU": gru,
    "GRUGradient": gru_gradient,
    "RNN": rnn,
    "RNNGradient": rnn_gradient,
    "Elementwise": elementwise,
}
"""A function for each operator of the library that draws a valid node of it."""


def _map(draw: random.Random) -> tuple[int, int, Array]:
    """A block, channels that it divides, and a map of them."""
    block = draw.choice((8, 16))
    channels = block * draw.randint(1, 3)
    return block, channels, numbers(draw, draw.randint(1, 3), channels, draw.randint(1, 9), draw.randint(1, 9))


def _packed(draw: random.Random) -> tuple[int, Array]:
    """A number of heads, and queries, keys and values of them."""
    heads, length = draw.randint(1, 4), draw.choice((1, 3, 16, 47, 49, 100))
    return heads, numbers(draw, draw.randint(1, 3), length, 3 * heads * draw.choice((1, 4, 16, 19)))


def _vectors(draw: random.Random) -> Array:
    """Vectors along the last axis of a tensor of up to four."""
    return numbers(draw, *(draw.randint(1, 9) for _ in range(draw.randint(1, 3))), draw.choice((1, 5, 16, 33, 100)))


def _unrolled(draw: random.Random) -> tuple[int, int, int, dict[str, Any]]:
    """Steps, examples and the width of the state, and the direction."""
    sizes = draw.choice((0, 1, 2, 5)), draw.choice((0, 1, 3, 16, 17, 33)), draw.choice((1, 5, 16, 19, 64, 70, 200))
    return *sizes, {"reverse": draw.randint(0, 1)}


def _into_gates(draw: random.Random, gates: int, steps: int, examples: int, width: int) -> list[Array]:
    """What the input gives to the gates, and what makes what the state gives to them."""
    rows = gates * width
    return [numbers(draw, steps, examples, rows), numbers(draw, rows, width), numbers(draw, rows)]


def _state(draw: random.Random, *sizes: int) -> Array:
    """A state or a slope, or one number for all of it."""
    return numbers(draw, *draw.choice((sizes, sizes, (), (1, 1))))


def _normalized(draw: random.Random) -> tuple[dict[str, Any], int, Array]:
    """Settings of batch normalization, and a map for them: in blocks, or plain with whole blocks of places."""
    plain = draw.randint(0, 1)
    block, channels, x = _map(draw)
    if plain:
        channels = draw.randint(1, 20)
        x = numbers(draw, x.shape[0], channels, x.shape[2], block * draw.randint(1, 3))
    settings = {"epsilon": draw.choice((1e-5, 1e-3)), "relu": draw.randint(0, 1), "plain": plain, "block": block}
    return settings, channels, x


def _windows(draw: random.Random, x: Array, dilated: bool = True) -> dict[str, Any]:
    """Settings of windows of which one at least fits into x, and `places`, how many fit along each axis."""
    found: dict[str, list[int]] = {name: [] for name in ("kernel", "strides", "begins", "ends", "dilations", "places")}
    for size in x.shape[2:]:
        kernel, dilation = draw.randint(1, 5), draw.randint(1, 2) if dilated else 1
        extent = (kernel - 1) * dilation + 1
        begin, end = (draw.randrange(kernel) for _ in range(2))
        if size + begin + end < extent:
            kernel, dilation, extent, begin, end = 1, 1, 1, 0, 0
        stride = draw.randint(1, 3)
        places = (size + begin + end - extent) // stride + 1
        for name, number in zip(found, (kernel, stride, begin, end, dilation, places), strict=True):
            found[name].append(number)
    pads = found.pop("begins") + found.pop("ends")
    if not dilated:
        del found["dilations"]
    return {**found, "pads": pads}
