"""Operators of ONNX Runtime's own domains that the CPU target writes: blocked convolution and pooling, fused products.

"Blocked" inputs and outputs carry the shape [N, C, H, W] and lie in memory as [N, C / block, H, W, block].
Blocked weights carry [O, I, *kernel] and lie as [O / block, I / block, *kernel, block of I, block of O]; where the
input is plain (fewer channels than a block) as [O / block, I, *kernel, block of O].
"""

from __future__ import annotations

from netc.compiler.ir import Node, Shape, Size, Value, product
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.convolution import Conv
from netc.compiler.ops.facts import Cost, Half, Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.window import Ints, window_sizes
from netc.compiler.ops.writer import Writer

BLOCKED = "com.microsoft.nchwc"
CONTRIB = "com.microsoft"


class RuntimeOp(Op):
    """Base: written for a target, in a graph that has its gradients and its precisions and whose fields are counted."""

    half = Half.NEVER
    torch_name = None
    differentiable = False

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])


@op
class ToBlocked(RuntimeOp):
    """A plain map as a blocked one. `channels_last` reads it as [N, H, W, C]; the output's shape is [N, C, H, W]."""

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"channels_last": False}
    samples = (sample((2, 16, 3, 4)), sample((2, 3, 4, 16), channels_last=True))
    domain = BLOCKED

    @staticmethod
    def shape(x: Value, *, channels_last: bool) -> Shape:
        floating(x)
        if channels_last:
            return (x.shape[0], x.shape[3], x.shape[1], x.shape[2])
        return x.shape

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        last = int(bool(node.attributes["channels_last"]))
        e.node(node, "ReorderInput", node.inputs, domain=cls.domain, channels_last=last)


@op
class FromBlocked(RuntimeOp):
    """A blocked map as a plain one, [N, C, H, W] or with `channels_last` [N, H, W, C]; the first `channels` of C."""

    kind = Kind.MOVEMENT
    cost = Cost.MEMORY
    attributes = {"channels": None, "channels_last": False}
    samples = (sample((2, 16, 3, 4)), sample((2, 16, 3, 4), channels_last=True), sample((2, 16, 3, 4), channels=6))
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
        e.node(node, "ReorderOutput", node.inputs, domain=cls.domain, channels=channels, channels_last=int(last))


@op
class BlockedConv(RuntimeOp):
    """Conv of a blocked map, or of a plain one with few channels, by blocked weights; `relu` follows where asked."""

    kind = Kind.PRODUCT
    flops = staticmethod(Conv.flops)
    attributes = {"strides": REQUIRED, "pads": REQUIRED, "dilations": REQUIRED, "group": 1, "relu": False}
    samples = (
        sample((2, 16, 5, 5), (32, 16, 3, 3), strides=(1, 1), pads=(1, 1, 1, 1), dilations=(1, 1)),
        sample((2, 3, 7, 7), (16, 3, 3, 3), (16,), strides=(2, 2), pads=(0, 0, 0, 0), dilations=(1, 1), relu=True),
    )
    domain = BLOCKED

    @staticmethod
    def shape(
        x: Value, w: Value, bias: Value | None = None, *, strides: Ints, pads: Ints, dilations: Ints, group: int,
        relu: bool,
    ) -> Shape:  # fmt: skip
        floating(x, w)
        assert w.shape[1] * group == x.shape[1], f"weights {w.shape} for {x.shape}"
        return (x.shape[0], w.shape[0], *window_sizes(x.shape[2:], w.shape[2:], strides, pads, dilations))

    @classmethod
    def cost_of(cls, node: Node) -> Cost:
        """One for each channel alone, of one place, is a batch normalization's scale and shift."""
        weights = node.inputs[1]
        alone = node.attributes["group"] == weights.shape[0] and all(size == 1 for size in weights.shape[1:])
        return Cost.MEMORY if alone else cls.cost

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        given = dict(node.attributes)
        activation = {"activation": "Relu"} if given.pop("relu") else {}
        kernel = node.inputs[1].shape[2:]
        e.node(node, "Conv", node.inputs, None, domain=cls.domain, kernel_shape=kernel, **given, **activation)


@op
class BlockedMaxPool(RuntimeOp):
    """MaxPool of a blocked map."""

    kind = Kind.WINDOW
    attributes = {"kernel": REQUIRED, "strides": REQUIRED, "pads": REQUIRED}
    samples = (sample((2, 16, 6, 6), kernel=(2, 2), strides=(2, 2), pads=(0, 0, 0, 0)),)
    domain = BLOCKED

    @staticmethod
    def shape(x: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Shape:
        floating(x)
        return (*x.shape[:2], *window_sizes(x.shape[2:], kernel, strides, pads))

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        given = dict(node.attributes)
        e.node(node, "MaxPool", node.inputs, None, domain=cls.domain, kernel_shape=given.pop("kernel"), **given)


@op
class BlockedMean(RuntimeOp):
    """The mean over height and width of a blocked map: [N, C, H, W] -> [N, C, 1, 1], which is plain and blocked."""

    kind = Kind.REDUCTION
    samples = (sample((2, 16, 3, 4)),)
    domain = BLOCKED
    onnx_name = "GlobalAveragePool"

    @staticmethod
    def shape(x: Value) -> Shape:
        floating(x)
        return (*x.shape[:2], 1, 1)


@op
class TransposedMatMul(RuntimeOp):
    """y = a b' for a [*B, M, K], b [*B, N, K], or a' b for a [*B, K, M], b [*B, K, N], without copies of either."""

    kind = Kind.PRODUCT
    attributes = {"left": False, "right": False}
    samples = (sample((2, 3, 4), (2, 5, 4), right=True), sample((4, 3), (4, 2), left=True))
    domain = CONTRIB

    @staticmethod
    def shape(a: Value, b: Value, *, left: bool, right: bool) -> Shape:
        floating(a, b)
        rows, inner = (a.shape[-1], a.shape[-2]) if left else a.shape[-2:]
        columns, other = b.shape[-2:] if right else (b.shape[-1], b.shape[-2])
        assert (inner, a.shape[:-2]) == (other, b.shape[:-2]), f"{a.shape} by {b.shape}"
        return (*a.shape[:-2], rows, columns)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.output.shape) * node.inputs[0].shape[-2 if node.attributes["left"] else -1]

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        flags = {"transA": int(bool(node.attributes["left"])), "transB": int(bool(node.attributes["right"]))}
        e.node(node, "FusedMatMul", node.inputs, None, domain=cls.domain, **flags)
