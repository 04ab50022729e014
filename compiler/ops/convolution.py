"""Convolution with 1 to 3 spatial axes, its transpose, and the two gradients of it that ONNX lacks.

`pads` lists the begins of all axes, then the ends. Weights are [O, C / group, *kernel].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.window import Ints, check_settings, spatial, window_sizes

SETTINGS = {"strides": REQUIRED, "pads": REQUIRED, "dilations": REQUIRED, "group": 1}


def settings(strides: Ints, pads: Ints, dilations: Ints | None = None, group: int = 1) -> dict[str, Any]:
    """The attributes of a convolution; no dilation unless said."""
    return {"strides": strides, "pads": pads, "dilations": dilations or (1,) * len(strides), "group": group}


# (x, weight, settings): 1, 2 and 3 axes; stride, dilation, groups, uneven padding, leftover rows, 1x1, depthwise.
CASES: tuple[tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]], ...] = (
    ((2, 3, 6, 5), (4, 3, 3, 3), settings((1, 1), (1, 1, 1, 1))),
    ((1, 2, 7, 7), (3, 2, 3, 3), settings((2, 2), (0, 0, 0, 0))),
    ((2, 2, 8, 7), (3, 2, 3, 2), settings((3, 2), (1, 0, 0, 1))),
    ((2, 4, 5, 5), (6, 2, 3, 3), settings((1, 1), (1, 1, 1, 1), group=2)),
    ((1, 4, 6, 6), (4, 1, 3, 3), settings((2, 2), (1, 1, 1, 1), group=4)),
    ((1, 2, 9, 8), (2, 2, 3, 3), settings((1, 2), (2, 1, 2, 1), (2, 2))),
    ((2, 3, 4, 4), (5, 3, 1, 1), settings((1, 1), (0, 0, 0, 0))),
    ((2, 3, 5, 4), (2, 3, 1, 1), settings((2, 2), (0, 0, 0, 0))),
    ((1, 2, 3, 3), (2, 2, 1, 1), settings((1, 1), (1, 1, 1, 1))),
    ((2, 3, 9), (4, 3, 3), settings((2,), (1, 1))),
    ((1, 4, 8), (4, 2, 3), settings((1,), (2, 0), (2,), group=2)),
    ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), settings((1, 2, 1), (0, 1, 1, 1, 1, 0))),
)


def convolved(x: Shape, w: Shape, rest: Mapping[str, Any]) -> Shape:
    """The shape of a convolution's output."""
    return (x[0], w[0], *window_sizes(x[2:], w[2:], rest["strides"], rest["pads"], rest["dilations"]))


@op
class Conv(Op):
    """y[n, o, p] = bias[o] + sum over c, k of w[o, c, k] x[n, c, p stride + k dilation - pad].

    x [N, C, *spatial], w [O, C / group, *kernel], bias [O] (may be left out) -> y [N, O, *windows].
    """

    attributes = SETTINGS
    samples = (
        *(sample(x, w, **rest) for x, w, rest in CASES),
        sample((2, 3, 5, 5), (4, 3, 3, 3), (4,), **settings((1, 1), (1, 1, 1, 1))),
    )

    @staticmethod
    def shape(
        x: Value, w: Value, bias: Value | None = None, *, strides: Ints, pads: Ints, dilations: Ints, group: int
    ) -> Shape:
        floating(x, w, *([bias] if bias else []))
        check_weights(x, w, strides, pads, dilations)
        channels, filters = x.shape[1], w.shape[0]
        check_groups(channels, filters, group)
        if w.shape[1] * group != channels:
            raise ShapeError(f"the weights take {w.shape[1] * group} channels, found {channels}")
        if bias is not None and bias.shape != (filters,):
            raise ShapeError(f"a bias of shape [{filters}] is needed, found {list(bias.shape)}", at=2)
        return (x.shape[0], filters, *window_sizes(x.shape[2:], w.shape[2:], strides, pads, dilations))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, ...]:
        x, w, *bias = node.inputs
        dw = g.ConvWeightGradient(x, dy, kernel=w.shape[2:], **node.attributes)  # first: x can go, dx isn't there yet
        dx = g.ConvInputGradient(dy, w, shape=x.shape[2:], **node.attributes)
        if not bias:
            return dx, dw
        return dx, dw, g.ReduceSum(dy, axes=(0, *range(2, dy.rank)))

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.output.shape) * product(node.inputs[1].shape[1:])


@op
class ConvTranspose(Op):
    """The transpose of Conv: x [N, C, *windows], w [C, O / group, *kernel] -> y [N, O, *spatial].

    spatial = stride (windows - 1) + dilation (kernel - 1) + 1 - pads + output_padding.
    """

    attributes = {**SETTINGS, "output_padding": REQUIRED}
    samples = (
        sample((1, 3, 4, 4), (3, 2, 3, 3), **settings((2, 2), (1, 1, 1, 1)), output_padding=(1, 1)),
        sample((2, 2, 5), (2, 3, 3), **settings((1,), (0, 1)), output_padding=(0,)),
        sample((1, 2, 3, 4), (2, 2, 2, 3), **settings((3, 1), (0, 1, 0, 0), (1, 2)), output_padding=(2, 0)),
    )

    @staticmethod
    def shape(
        x: Value, w: Value, *, strides: Ints, pads: Ints, dilations: Ints, group: int, output_padding: Ints
    ) -> Shape:
        floating(x, w)
        check_weights(x, w, strides, pads, dilations)
        check_groups(x.shape[1], w.shape[1] * group, group)
        if w.shape[0] != x.shape[1]:
            raise ShapeError(f"the weights take {w.shape[0]} channels, found {x.shape[1]}")
        axes = len(strides)
        out: list[Size] = []
        for i, size in enumerate(x.shape[2:]):
            full = (size - 1) * strides[i] + (w.shape[2 + i] - 1) * dilations[i] + 1
            out.append(full - pads[i] - pads[i + axes] + output_padding[i])
        return (x.shape[0], w.shape[1] * group, *out)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        x, w = node.inputs
        rest = {name: node.attributes[name] for name in SETTINGS}
        return g.Conv(dy, w, **rest), g.ConvWeightGradient(dy, x, kernel=w.shape[2:], **rest)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.inputs[1].shape[1:])


@op
class ConvInputGradient(Op):
    """The gradient of Conv for its input: dy [N, O, *windows], w [O, C / group, *kernel] -> dx [N, C, *shape].

    shape are the spatial sizes of x, which the stride leaves open.
    """

    attributes = {"shape": REQUIRED, **SETTINGS}
    samples = tuple(sample(convolved(x, w, rest), w, shape=x[2:], **rest) for x, w, rest in CASES)
    stock = False

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Any) -> tuple[Any, ...]:
        dy, w = inputs
        floating(dy, w)
        check_weights(dy, w, attributes["strides"], attributes["pads"], attributes["dilations"])
        sizes, group = attributes["shape"], attributes["group"]
        check_windows(dy, w.shape[0], sizes, w.shape[2:], attributes)
        return ((dy.dtype, (dy.shape[0], w.shape[1] * group, *sizes)),)

    @staticmethod
    def grad(g: Builder, node: Node, ddx: Value) -> tuple[Value, Value]:
        dy, w = node.inputs
        rest = {name: node.attributes[name] for name in SETTINGS}
        return g.Conv(ddx, w, **rest), g.ConvWeightGradient(ddx, dy, kernel=w.shape[2:], **rest)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.inputs[1].shape[1:])


@op
class ConvWeightGradient(Op):
    """The gradient of Conv for its weights: x [N, C, *spatial], dy [N, O, *windows] -> dw [O, C / group, *kernel]."""

    attributes = {"kernel": REQUIRED, **SETTINGS}
    samples = tuple(sample(x, convolved(x, w, rest), kernel=w[2:], **rest) for x, w, rest in CASES)
    stock = False

    @staticmethod
    def shape(x: Value, dy: Value, *, kernel: Shape, strides: Ints, pads: Ints, dilations: Ints, group: int) -> Shape:
        floating(x, dy)
        check_settings(len(spatial(x)), strides=strides, pads=pads, dilations=dilations)
        check_groups(x.shape[1], dy.shape[1], group)
        if x.shape[0] != dy.shape[0]:
            raise ShapeError(f"batches differ: {x.shape[0]} and {dy.shape[0]}", at=1)
        rest = {"strides": strides, "pads": pads, "dilations": dilations}
        check_windows(dy, dy.shape[1], x.shape[2:], kernel, rest, at=1)
        return (dy.shape[1], x.shape[1] // group, *kernel)

    @staticmethod
    def grad(g: Builder, node: Node, ddw: Value) -> tuple[Value, Value]:
        x, dy = node.inputs
        rest = {name: node.attributes[name] for name in SETTINGS}
        return g.ConvInputGradient(dy, ddw, shape=x.shape[2:], **rest), g.Conv(x, ddw, **rest)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[1].shape) * product(node.output.shape[1:])


def check_weights(x: Value, w: Value, strides: Ints, pads: Ints, dilations: Ints) -> None:
    """Weights and settings need as many spatial axes as the input has."""
    axes = len(spatial(x))
    if w.rank != x.rank:
        raise ShapeError(f"a kernel with {w.rank - 2} axes for an input with {axes} spatial axes", argument="kernel")
    check_settings(axes, strides=strides, pads=pads, dilations=dilations)


def check_groups(channels: Size, filters: Size, group: int) -> None:
    """Groups have to divide channels and filters."""
    for what, count in (("input channels", channels), ("filters", filters)):
        if group < 1 or count % group != 0:
            raise ShapeError(f"{group} groups do not divide {count} {what}", argument="groups")


def check_windows(dy: Value, filters: Size, sizes: Shape, kernel: Shape, rest: Any, at: int = 0) -> None:
    """A gradient has to have the shape of the convolution's output."""
    expected = (filters, *window_sizes(sizes, kernel, rest["strides"], rest["pads"], rest["dilations"]))
    if dy.shape[1:] != expected:
        raise ShapeError(f"a gradient of shape {list(expected)} is needed, found {list(dy.shape[1:])}", at=at)
