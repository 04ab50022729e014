"""The operators of the library `netc[fast]`. Maps are blocked, [N, C / block, H, W, block] by the shape [N, C, H, W].

Each has the name of its kernel in `runtime/fast`, with `Fast` in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import DType, Node, Shape, Size, Value, product
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Cost, Kind
from netc.compiler.ops.window import Ints
from netc.compiler.ops.writer import Writer
from netc.compiler.targets.cpu.operators import RuntimeOp

FAST = "netc.fast"
WINDOW = {"kernel": REQUIRED, "strides": REQUIRED, "pads": REQUIRED}
FLOAT = DType.FLOAT32


class FastOp(RuntimeOp):
    """Base: truth values are written as 0 and 1."""

    domain = FAST

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        given = {name: int(value) if isinstance(value, bool) else value for name, value in node.attributes.items()}
        e.node(node, cls.__name__.removeprefix("Fast"), node.inputs, None, domain=cls.domain, **given)


@op
class FastBatchNormalization(FastOp):
    """BatchNormalizationTraining, with a ReLU after it where asked: x, scale, bias -> y, mean [C], variance [C].

    With `plain` x and y are plain, and have whole blocks of places.
    """

    kind = Kind.REDUCTION
    cost = Cost.MEMORY
    attributes = {"epsilon": REQUIRED, "relu": False, "plain": False, "block": REQUIRED}
    samples = (sample((2, 16, 3, 4), (16,), (16,), epsilon=1e-5, block=16),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        x, scale, _ = inputs
        floating(x)
        return (FLOAT, x.shape), (FLOAT, scale.shape), (FLOAT, scale.shape)


@op
class FastBatchNormalizationGradient(FastOp):
    """BatchNormalizationGradient through the ReLU too: dy, x, scale, bias, mean, variance -> dx, dscale, dbias."""

    kind = Kind.REDUCTION
    attributes = {"epsilon": REQUIRED, "relu": False, "plain": False, "block": REQUIRED}
    samples = (sample((2, 16, 3, 4), (2, 16, 3, 4), *[(16,)] * 4, epsilon=1e-5, block=16),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        _, x, scale, *_ = inputs
        floating(x)
        return (FLOAT, x.shape), (FLOAT, scale.shape), (FLOAT, scale.shape)


@op
class FastMaxPoolGradient(FastOp):
    """dy, x -> dx. With `relu` dy is the gradient behind a ReLU that follows the pooling."""

    kind = Kind.WINDOW
    attributes = {**WINDOW, "relu": False, "block": REQUIRED}
    samples = (sample((2, 16, 3, 3), (2, 16, 6, 6), kernel=(2, 2), strides=(2, 2), pads=(0, 0, 0, 0), block=16),)

    @staticmethod
    def shape(dy: Value, x: Value, *, kernel: Ints, strides: Ints, pads: Ints, relu: bool, block: int) -> Shape:
        floating(dy, x)
        return x.shape


@op
class FastConvWeightGradient(FastOp):
    """dy, x -> dw [O, I, *kernel], plain, and dbias [O]. x is plain where it has fewer channels than a block."""

    kind = Kind.PRODUCT
    attributes = {**WINDOW, "dilations": REQUIRED, "plain": False, "block": REQUIRED}
    samples = (
        sample((2, 16, 3, 3), (2, 3, 5, 5), kernel=(3, 3), strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1),
               plain=True, block=16),
    )  # fmt: skip

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        dy, x = inputs
        floating(dy, x)
        return (FLOAT, (dy.shape[1], x.shape[1], *attributes["kernel"])), (FLOAT, (dy.shape[1],))

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.outputs[0].shape[1:])


@op
class FastConvInputGradient(FastOp):
    """dy, w [O, I, *kernel] (plain) -> dx of a convolution whose input has the height and width `size`."""

    kind = Kind.PRODUCT
    attributes = {"size": REQUIRED, "strides": REQUIRED, "pads": REQUIRED, "dilations": REQUIRED, "block": REQUIRED}
    samples = (
        sample((2, 16, 2, 2), (16, 32, 3, 3), size=(5, 5), strides=(2, 2), pads=(0, 0, 0, 0), dilations=(1, 1),
               block=16),
    )  # fmt: skip

    @staticmethod
    def shape(dy: Value, w: Value, *, size: Ints, strides: Ints, pads: Ints, dilations: Ints, block: int) -> Shape:
        floating(dy, w)
        return (dy.shape[0], w.shape[1], *size)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.inputs[1].shape[1:])


@op
class FastDepthwiseWeightGradient(FastOp):
    """dy, x -> dw [C, 1, *kernel], plain, and dbias [C], of a convolution with one filter a channel."""

    kind = Kind.PRODUCT
    attributes = {**WINDOW, "dilations": REQUIRED, "block": REQUIRED}
    samples = (
        sample((2, 16, 3, 3), (2, 16, 5, 5), kernel=(3, 3), strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1),
               block=16),
    )  # fmt: skip

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        dy, x = inputs
        floating(dy, x)
        return (FLOAT, (x.shape[1], 1, *attributes["kernel"])), (FLOAT, (x.shape[1],))

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.outputs[0].shape[1:])


@op
class FastDepthwiseInputGradient(FastOp):
    """dy, w [C, 1, *kernel] (plain) -> dx of a convolution with one filter a channel, whose input has this `size`."""

    kind = Kind.PRODUCT
    attributes = {"size": REQUIRED, "strides": REQUIRED, "pads": REQUIRED, "dilations": REQUIRED, "block": REQUIRED}
    samples = (
        sample((2, 16, 2, 2), (16, 1, 3, 3), size=(5, 5), strides=(2, 2), pads=(0, 0, 0, 0), dilations=(1, 1),
               block=16),
    )  # fmt: skip

    @staticmethod
    def shape(dy: Value, w: Value, *, size: Ints, strides: Ints, pads: Ints, dilations: Ints, block: int) -> Shape:
        floating(dy, w)
        return (*dy.shape[:2], *size)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * product(node.inputs[1].shape[1:])


@op
class FastBlockedWeights(FastOp):
    """w [O, I, *kernel] (plain) -> blocked for a convolution, and with `turned` also [I, O, *kernel] turned round.

    The second is for the gradient of the convolution's input; `cpu/operators.py` has the forms. Both are made in one
    go and kept: to have one again costs both.
    """

    kind = Kind.MOVEMENT
    cost = Cost.COMPUTE
    attributes = {"turned": False, "block": REQUIRED}
    samples = (sample((32, 16, 3, 3), turned=True, block=16),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        filters, channels, *kernel = inputs[0].shape
        forward = (FLOAT, inputs[0].shape)
        return (forward, (FLOAT, (channels, filters, *kernel))) if attributes["turned"] else (forward,)

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        e.node(node, "BlockedWeights", node.inputs, None, domain=cls.domain, block=node.attributes["block"])


@op
class FastAttention(FastOp):
    """packed [N, T, 3 H D] -> y [N, T, H D], peaks and totals [N, H, T] of its softmax.

    packed  queries, keys and values of all heads, side by side
    scale   of the products of queries and keys
    causal  whether later positions are hidden
    """

    kind = Kind.PRODUCT
    attributes = {"heads": REQUIRED, "scale": REQUIRED, "causal": False}
    samples = (sample((2, 5, 24), heads=2, scale=0.5), sample((2, 5, 24), heads=4, scale=0.5, causal=True))

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (packed,) = inputs
        floating(packed)
        batch, length, width = packed.shape
        statistics = FLOAT, (batch, attributes["heads"], length)
        return (FLOAT, (batch, length, width // 3)), statistics, statistics

    @staticmethod
    def flops(node: Node) -> Size:
        y = node.outputs[0].shape
        return 2 * product(y) * y[1]


@op
class FastAttentionGradient(FastOp):
    """dy, packed, peaks, totals -> dpacked of FastAttention, whose settings it has."""

    kind = Kind.PRODUCT
    attributes = {"heads": REQUIRED, "scale": REQUIRED, "causal": False}
    samples = (sample((2, 5, 8), (2, 5, 24), (2, 2, 5), (2, 2, 5), heads=2, scale=0.5),)

    @staticmethod
    def shape(
        dy: Value, packed: Value, peaks: Value, totals: Value, *, heads: int, scale: float, causal: bool
    ) -> Shape:
        floating(dy, packed, peaks, totals)
        return packed.shape

    @staticmethod
    def flops(node: Node) -> Size:
        dy = node.inputs[0].shape
        return 5 * product(dy) * dy[1]


@op
class FastLayerNormalization(FastOp):
    """x [..., C], scale, bias [C] -> y, mean and inverse [..., 1]: vectors along the last axis, to one scale."""

    kind = Kind.REDUCTION
    cost = Cost.MEMORY
    attributes = {"epsilon": REQUIRED}
    samples = (sample((2, 3, 4), (4,), (4,), epsilon=1e-5),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        x, *_ = inputs
        floating(x)
        statistics = FLOAT, (*x.shape[:-1], 1)
        return (FLOAT, x.shape), statistics, statistics


@op
class FastLayerNormalizationGradient(FastOp):
    """dy, x, scale, mean, inverse -> dx, dscale, dbias of FastLayerNormalization."""

    kind = Kind.REDUCTION
    attributes = {}
    samples = (sample((2, 3, 4), (2, 3, 4), (4,), (2, 3, 1), (2, 3, 1)),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        _, x, scale, *_ = inputs
        floating(x)
        return (FLOAT, x.shape), (FLOAT, scale.shape), (FLOAT, scale.shape)


@op
class FastElementwise(FastOp):
    """A chain of elementwise operations in one pass: inputs of one shape, or of one element.

    steps      three numbers an operation: its place in CODES (`chains.py`) and the two registers that it reads.
               Registers are the inputs, then the constants, then the operations' values
    results    the registers that are outputs
    constants  numbers
    """

    kind = Kind.ELEMENTWISE
    field_before = staticmethod(Op.field_before)
    attributes = {"steps": REQUIRED, "results": REQUIRED, "constants": ()}
    samples = (sample((3, 4), (3, 4), steps=(0, 0, 1), results=(2,)),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        shape = next((value.shape for value in inputs if any(size != 1 for size in value.shape)), inputs[0].shape)
        return tuple((FLOAT, shape) for _ in attributes["results"])
