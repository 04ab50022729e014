"""Convolution with 1 to 3 spatial axes. Its gradients and its transpose share its settings and checks.

`pads` lists the begins of all axes, then the ends. Weights are [O, C / group, *kernel].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, across_channels, along_window, everything
from netc.compiler.ops.window import Ints, check_settings, spatial, torch_pads, window_sizes
from netc.grammar.counted import counted

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

    kind = Kind.PRODUCT
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
            raise ShapeError(f"the weights take {counted(w.shape[1] * group, 'channel')}, found {channels}")
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
        return product((*node.output.shape, *node.inputs[1].shape[1:]))

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        kernel, given = node.inputs[1].shape[2:], node.attributes
        if at:
            return everything(node.inputs[at])
        return across_channels(along_window(field, kernel, given["strides"], given["dilations"]))

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        given, functional = node.attributes, torch.nn.functional
        axes, pads = len(given["strides"]), given["pads"]
        convolution = getattr(functional, f"conv{axes}d")
        more = {"stride": given["strides"], "dilation": given["dilations"], "groups": given["group"]}
        if pads[:axes] == pads[axes:]:
            return lambda x, w, bias=None: convolution(x, w, bias, padding=pads[:axes], **more)
        around = torch_pads(pads)
        return lambda x, w, bias=None: convolution(functional.pad(x, around), w, bias, **more)


def check_weights(x: Value, w: Value, strides: Ints, pads: Ints, dilations: Ints) -> None:
    """Weights and settings need as many spatial axes as the input has."""
    axes = len(spatial(x))
    if w.rank != x.rank:
        raise ShapeError(
            f"a kernel with {counted(w.rank - 2, 'axis', 'axes')} for an input with "
            f"{counted(axes, 'spatial axis', 'spatial axes')}",
            argument="kernel",
        )
    check_settings(axes, strides=strides, pads=pads, dilations=dilations)


def check_groups(channels: Size, filters: Size, group: int) -> None:
    """Groups have to divide channels and filters."""
    for what, count in (("input channels", channels), ("filters", filters)):
        if group < 1 or count % group != 0:
            raise ShapeError(f"{counted(group, 'group')} do not divide {count} {what}", argument="groups")


def check_windows(dy: Value, filters: Size, sizes: Shape, kernel: Shape, rest: Any, at: int = 0) -> None:
    """A gradient has to have the shape of the convolution's output."""
    expected = (filters, *window_sizes(sizes, kernel, rest["strides"], rest["pads"], rest["dilations"]))
    if dy.shape[1:] != expected:
        raise ShapeError(f"a gradient of shape {list(expected)} is needed, found {list(dy.shape[1:])}", at=at)
