"""The rows of the blocked layout that the library replaces."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Builder, Node, Value, product
from netc.compiler.ops.checks import surely_less
from netc.compiler.targets.convolution import static
from netc.compiler.targets.cpu.convolution import conv as domain_convolution, fits, is_depthwise
from netc.compiler.targets.cpu.rows import rows as cpu_rows
from netc.compiler.targets.fast import (
    operators as operators,  # makes them known
    recurrent_operators as recurrent_operators,
)
from netc.compiler.targets.fast.relu import before_relu
from netc.compiler.targets.layout import Layout, Row, Way, ways


def batch_normalization_training(layout: Layout, g: Builder, node: Node) -> bool:
    """One operator; a ReLU that alone reads the result is taken in."""
    x, scale, bias = node.inputs
    if not (layout.is_blocked(x) or _has_blocks_of_places(layout, x)):
        return False
    plain = not layout.is_blocked(x)
    y, mean, variance = node.outputs
    relu = layout.only_reader(y, "Relu")
    inputs = (_lying(layout, x, plain), layout.plain(scale), layout.plain(bias))
    settings = {**node.attributes, "relu": relu is not None, "plain": plain, "block": layout.block}
    made, mean_now, variance_now = g.add("FastBatchNormalization", inputs, settings)
    layout.set_plain(mean, mean_now)
    layout.set_plain(variance, variance_now)
    if relu:
        layout.done.add(relu)
    keep = layout.set_plain if plain else layout.set_blocked
    return keep(relu.output if relu else y, made)


def batch_normalization_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """One operator; the ReLU's mask is found again from x, so that nothing but x is read for it."""
    dy, x, scale, mean, variance = node.inputs
    if not (layout.is_blocked(x) or _has_blocks_of_places(layout, x)):
        return False
    plain = not layout.is_blocked(x)
    forward = mean.node
    if forward is None or forward.op != "BatchNormalizationTraining":
        return False
    slope = before_relu(dy, forward.outputs[0])
    vectors = (scale, forward.inputs[2], mean, variance)
    made = g.add(
        "FastBatchNormalizationGradient",
        (_lying(layout, slope or dy, plain), _lying(layout, x, plain), *map(layout.plain, vectors)),
        {**node.attributes, "relu": slope is not None, "plain": plain, "block": layout.block},
    )
    for value, new in zip(node.outputs[1:], made[1:], strict=True):
        layout.set_plain(value, new)
    keep = layout.set_plain if plain else layout.set_blocked
    return keep(node.outputs[0], made[0])


def conv(layout: Layout, g: Builder, node: Node) -> bool:
    """The domain's convolution, with weights that one operator brings into both forms that a training needs."""
    x, w, *_ = node.inputs
    if not fits(layout, x, node.output, node.attributes["group"]):
        return False
    if layout.can_block(w) and layout.filled(filters := static(w.shape)[0]) == filters:
        turned = any(_is_turned(reader) for reader in layout.readers.get(w, []))
        forms = g.add("FastBlockedWeights", (layout.plain(w),), {"turned": turned, "block": layout.block})
        for kind, made in zip(("forward", "turned"), forms, strict=False):
            layout.remember(kind, w, made)
    return domain_convolution(layout, g, node)


def max_pool(layout: Layout, g: Builder, node: Node) -> bool:
    """The domain's pooling: the gradient finds the largest places again."""
    (x,) = node.inputs
    if not layout.is_in_blocks(x):
        return False
    return layout.set_result(node.output, g.BlockedMaxPool(layout.blocked_and_filled(g, x), **node.attributes))


def max_pool_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """One operator, through a ReLU after the pooling too."""
    x, y, dy = node.inputs
    if not layout.is_in_blocks(x):
        return False
    slope = before_relu(dy, y)
    dx = g.FastMaxPoolGradient(
        layout.blocked_and_filled(g, slope or dy),
        layout.blocked_and_filled(g, x),
        **node.attributes,
        relu=slope is not None,
        block=layout.block,
    )
    return layout.set_result(node.output, dx)


def conv_weight_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """One operator for every kernel and stride, which gives the bias's gradient too."""
    x, dy = node.inputs
    kernel: Any = node.attributes["kernel"]
    rest = {name: value for name, value in node.attributes.items() if name not in ("group", "kernel")}
    if is_depthwise(layout, x, dy, node.attributes["group"]):
        maps = layout.blocked(dy), layout.blocked(x)
        settings = {"kernel": kernel, **rest, "block": layout.block}
        dw, dbias = g.add("FastDepthwiseWeightGradient", maps, settings)
        layout.remember("sum", dy, dbias)
        return layout.set_plain(node.output, dw)
    filters = dy.shape[1]
    if x.rank != 4 or node.attributes["group"] != 1 or not isinstance(filters, int):
        return False
    plain = not layout.can_block(x)
    if plain and not surely_less(x.shape[1], layout.block):
        return False
    dw, dbias = g.add(
        "FastConvWeightGradient",
        (layout.blocked_and_filled(g, dy), layout.plain(x) if plain else layout.blocked(x)),
        {"kernel": kernel, **rest, "plain": plain, "block": layout.block},
    )
    if layout.filled(filters) != filters:
        dw, dbias = (g.Slice(made, starts=(0,), stops=(filters,), axes=(0,), steps=(1,)) for made in (dw, dbias))
    layout.remember("sum", dy, dbias)
    return layout.set_plain(node.output, dw)


def conv_input_gradient(layout: Layout, g: Builder, node: Node) -> bool:
    """One operator for strides above 1; a stride of 1 is left to the domain's convolution."""
    dy, w = node.inputs
    alone = is_depthwise(layout, dy, node.output, node.attributes["group"])
    if node.attributes["strides"] == (1, 1) or dy.rank != 4 or not (alone or node.attributes["group"] == 1):
        return False
    if not (layout.can_block(dy) and layout.can_block(node.output)):
        return False
    shape = node.attributes["shape"]
    if not isinstance(shape, tuple) or not all(isinstance(size, int) for size in shape):
        return False
    rest = {name: value for name, value in node.attributes.items() if name not in ("group", "shape")}
    gradient = g.FastDepthwiseInputGradient if alone else g.FastConvInputGradient
    dx = gradient(layout.blocked(dy), layout.plain(w), size=shape, **rest, block=layout.block)
    return layout.set_blocked(node.output, dx)


def reduce_sum(layout: Layout, g: Builder, node: Node) -> bool:
    """A bias's gradient comes with the weights' gradient, which stands before it in the graph."""
    (dy,) = node.inputs
    if set(node.attributes["axes"]) != {0, 2, 3} or node.attributes["keepdims"] or not layout.has("sum", dy):
        return False
    return layout.set_plain(node.output, layout.once("sum", dy, lambda: dy))


def _has_blocks_of_places(layout: Layout, x: Value) -> bool:
    """Whether a map's places fill whole blocks, so that the library reads it as ONNX lays it out."""
    places = product(x.shape[2:]) if x.rank == 4 else None
    return isinstance(places, int) and places % layout.block == 0


def _lying(layout: Layout, x: Value, plain: bool) -> Value:
    return layout.plain(x) if plain else layout.blocked(x)


def _is_turned(node: Node) -> bool:
    """Whether a node is a gradient that the domain computes as a convolution with the kernel turned round."""
    return node.op == "ConvInputGradient" and node.attributes["strides"] == (1, 1)


FAST: dict[str, Row] = {
    "BatchNormalizationGradient": batch_normalization_gradient,
    "BatchNormalizationTraining": batch_normalization_training,
    "Conv": conv,
    "ConvInputGradient": conv_input_gradient,
    "ConvWeightGradient": conv_weight_gradient,
    "MaxPool": max_pool,
    "MaxPoolGradient": max_pool_gradient,
    "ReduceSum": reduce_sum,
}
"""Tried first; where one does not apply, the CPU target's rows follow."""

NODES = {
    "BatchNormalizationGradient": "blocked maps, and plain ones with whole blocks of places",
    "BatchNormalizationTraining": "blocked maps, and plain ones with whole blocks of places",
    "ConvInputGradient": "blocked maps, strides above 1",
    "ConvWeightGradient": "blocked maps, and plain ones of fewer channels than a block",
    "ReduceSum": "a bias's gradient",
}
"""Which nodes the rows can write, where it is not every blocked map."""


def rows() -> dict[str, Row | tuple[Way, ...]]:
    """The CPU target's table with the library's rows in front."""
    named = ways(cpu_rows())
    first = {op: (Way("fast", row, applies=NODES.get(op, "blocked maps")), *named[op]) for op, row in FAST.items()}
    return {**named, **first}
