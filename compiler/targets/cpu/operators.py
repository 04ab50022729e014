"""Operators of ONNX Runtime's own domains that the CPU target writes: blocked convolution and pooling, fused products.

"Blocked" inputs and outputs carry the shape [N, C, H, W] and lie in memory as [N, C / block, H, W, block].
Blocked weights carry [O, I, *kernel] and lie as [O / block, I / block, *kernel, block of I, block of O]; where the
input is plain (fewer channels than a block) as [O / block, I, *kernel, block of O].
"""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Node, Shape, Value
from netc.compiler.ops.base import REQUIRED, Op, Writer, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.window import Ints, window_sizes

BLOCKED = "com.microsoft.nchwc"
CONTRIB = "com.microsoft"


@op
class ToBlocked(Op):
    """A plain map as a blocked one. `channels_last` reads it as [N, H, W, C]; the output's shape is [N, C, H, W]."""

    attributes = {"channels_last": False}
    samples = (sample((2, 16, 3, 4)), sample((2, 3, 4, 16), channels_last=True))
    differentiable = False
    domain = BLOCKED

    @staticmethod
    def shape(x: Value, *, channels_last: bool) -> Shape:
        floating(x)
        if channels_last:
            return (x.shape[0], x.shape[3], x.shape[1], x.shape[2])
        return x.shape

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "ReorderInput", node.inputs, channels_last=int(bool(node.attributes["channels_last"])))


@op
class FromBlocked(Op):
    """A blocked map as a plain one, [N, C, H, W] or with `channels_last` [N, H, W, C]; the first `channels` of C."""

    attributes = {"channels": None, "channels_last": False}
    samples = (sample((2, 16, 3, 4)), sample((2, 16, 3, 4), channels_last=True), sample((2, 16, 3, 4), channels=6))
    differentiable = False
    domain = BLOCKED

    @staticmethod
    def shape(x: Value, *, channels: int | None, channels_last: bool) -> Shape:
        floating(x)
        kept = x.shape[1] if channels is None else channels
        return (x.shape[0], *x.shape[2:], kept) if channels_last else (x.shape[0], kept, *x.shape[2:])

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        last = bool(node.attributes["channels_last"])
        channels = node.output.shape[3 if last else 1]
        e.node(node, "ReorderOutput", node.inputs, channels=channels, channels_last=int(last))


@op
class BlockedConv(Op):
    """Conv of a blocked map, or of a plain one with few channels, by blocked weights; `relu` follows where asked."""

    attributes = {"strides": REQUIRED, "pads": REQUIRED, "dilations": REQUIRED, "group": 1, "relu": False}
    samples = (
        sample((2, 16, 5, 5), (32, 16, 3, 3), strides=(1, 1), pads=(1, 1, 1, 1), dilations=(1, 1)),
        sample((2, 3, 7, 7), (16, 3, 3, 3), (16,), strides=(2, 2), pads=(0, 0, 0, 0), dilations=(1, 1), relu=True),
    )
    differentiable = False
    domain = BLOCKED

    @staticmethod
    def shape(
        x: Value, w: Value, bias: Value | None = None, *, strides: Ints, pads: Ints, dilations: Ints, group: int,
        relu: bool,
    ) -> Shape:  # fmt: skip
        floating(x, w)
        assert w.shape[1] * group == x.shape[1], f"weights {w.shape} for {x.shape}"
        return (x.shape[0], w.shape[0], *window_sizes(x.shape[2:], w.shape[2:], strides, pads, dilations))

    @staticmethod
    def flops(node: Node) -> Any:
        from netc.compiler.ops.convolution import Conv

        return Conv.flops(node)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        given = dict(node.attributes)
        activation = {"activation": "Relu"} if given.pop("relu") else {}
        kernel = node.inputs[1].shape[2:]
        e.node(node, "Conv", node.inputs, None, kernel_shape=kernel, **given, **activation)


@op
class BlockedMaxPool(Op):
    """MaxPool of a blocked map."""

    attributes = {"kernel": REQUIRED, "strides": REQUIRED, "pads": REQUIRED}
    samples = (sample((2, 16, 6, 6), kernel=(2, 2), strides=(2, 2), pads=(0, 0, 0, 0)),)
    differentiable = False
    domain = BLOCKED

    @staticmethod
    def shape(x: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Shape:
        floating(x)
        return (*x.shape[:2], *window_sizes(x.shape[2:], kernel, strides, pads))

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        given = dict(node.attributes)
        e.node(node, "MaxPool", node.inputs, None, kernel_shape=given.pop("kernel"), **given)


@op
class BlockedMean(Op):
    """The mean over height and width of a blocked map: [N, C, H, W] -> [N, C, 1, 1], which is plain and blocked."""

    samples = (sample((2, 16, 3, 4)),)
    differentiable = False
    domain = BLOCKED
    onnx_name = "GlobalAveragePool"

    @staticmethod
    def shape(x: Value) -> Shape:
        floating(x)
        return (*x.shape[:2], 1, 1)


@op
class TransposedMatMul(Op):
    """y = a b' for a [*B, M, K], b [*B, N, K], or a' b for a [*B, K, M], b [*B, K, N], without copies of either."""

    attributes = {"left": False, "right": False}
    samples = (sample((2, 3, 4), (2, 5, 4), right=True), sample((4, 3), (4, 2), left=True))
    differentiable = False
    domain = CONTRIB

    @staticmethod
    def shape(a: Value, b: Value, *, left: bool, right: bool) -> Shape:
        floating(a, b)
        rows, inner = (a.shape[-1], a.shape[-2]) if left else a.shape[-2:]
        columns, other = b.shape[-2:] if right else (b.shape[-1], b.shape[-2])
        assert (inner, a.shape[:-2]) == (other, b.shape[:-2]), f"{a.shape} by {b.shape}"
        return (*a.shape[:-2], rows, columns)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        flags = {"transA": int(bool(node.attributes["left"])), "transB": int(bool(node.attributes["right"]))}
        e.node(node, "FusedMatMul", node.inputs, None, **flags)
