"""Batch normalization: as the network runs, in training, and its gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import Op, Result, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.fields import Field, everything
from netc.compiler.ops.sources import number_of
from netc.grammar.counted import counted

POSITIVE = (0.5, 2.0)
ANY = (-1.0, 1.0)
MAPS = ((4, 3), (3, 2, 4), (2, 3, 4, 3), (2, 2, 2, 3, 2))


@op
class BatchNormalization(Op):
    """y = scale (x - mean) / sqrt(variance + epsilon) + bias for each channel.

    Ioffe and Szegedy 2015, arXiv:1502.03167. x [N, C, …]; the others [C]. The statistics are constants to the gradient.
    In training `passes/` turn it into BatchNormalizationTraining, and each statistic into momentum * statistic +
    (1 - momentum) * the batch's.
    """

    learns_by_itself = True
    kind = Kind.REDUCTION
    torch_keeps = False
    attributes = {"epsilon": 1e-5, "momentum": 0.9}
    samples = tuple(sample(x, *[(x[1],)] * 4, ranges=(ANY, POSITIVE, ANY, ANY, POSITIVE)) for x in MAPS)

    @staticmethod
    def shape(
        x: Value, scale: Value, bias: Value, mean: Value, variance: Value, *, epsilon: float, momentum: float
    ) -> Shape:
        check_channels(x, scale, bias, mean, variance)
        return x.shape

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, scale, _, mean, variance = node.inputs
        inverse = g.Reciprocal(g.Sqrt(g.Add(variance, node.attributes["epsilon"])))
        dx = g.Mul(dy, per_channel(g, g.Mul(scale, inverse), x.rank))
        centred = g.Sub(x, per_channel(g, mean, x.rank))
        dscale = g.Mul(g.ReduceSum(g.Mul(dy, centred), axes=all_but_channels(x)), inverse)
        return dx, dscale, g.ReduceSum(dy, axes=all_but_channels(x)), None, None

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at]) if at else field

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        """In training form. PyTorch's running variance divides by one less than ours; no step reads it."""
        normalize, given = torch.nn.functional.batch_norm, node.attributes
        momentum, epsilon = 1.0 - given["momentum"], given["epsilon"]
        return lambda x, scale, bias, mean, variance: normalize(
            x, mean, variance, scale, bias, training=True, momentum=momentum, eps=epsilon
        )


class BatchStatistics(Op):
    """What computes with statistics of the batch. PyTorch has it in the functions of whole layers."""

    kind = Kind.REDUCTION
    half = Half.DATA
    torch_name = None
    stock = False

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])


@op
class BatchNormalizationTraining(BatchStatistics):
    """BatchNormalization with the batch's own mean and population variance (two passes), which it also returns.

    x [N, C, …], scale and bias [C] -> y like x, mean [C], variance [C]. Where x is of less precision than the vectors,
    the arithmetic is done in theirs.
    """

    attributes = {"epsilon": 1e-5}
    samples = tuple(sample(x, (x[1],), (x[1],), ranges=(ANY, POSITIVE, ANY)) for x in MAPS)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        x, scale, bias = inputs
        check_channels(x, scale, bias)
        return ((x.dtype, x.shape), (scale.dtype, scale.shape), (scale.dtype, scale.shape))

    @staticmethod
    def grad(
        g: Builder, node: Node, dy: Value | None, dmean: Value | None = None, dvariance: Value | None = None
    ) -> tuple[Value | None, ...]:
        x, scale, _ = node.inputs
        _, mean, variance = node.outputs
        dx, dscale, dbias = None, None, None
        if dy is not None:
            dx, dscale, dbias = g.add("BatchNormalizationGradient", (dy, x, scale, mean, variance), node.attributes)
        count = number_of(g, product(tuple(x.shape[axis] for axis in all_but_channels(x))))
        if dmean is not None:
            part = g.Expand(per_channel(g, g.Div(dmean, count), x.rank), shape=x.shape)
            dx = part if dx is None else g.Add(dx, part)
        if dvariance is not None:
            centred = g.Sub(x, per_channel(g, mean, x.rank))
            part = g.Mul(centred, per_channel(g, g.Div(g.Mul(dvariance, 2.0), count), x.rank))
            dx = part if dx is None else g.Add(dx, part)
        return dx, dscale, dbias


@op
class BatchNormalizationGradient(BatchStatistics):
    """The gradient of BatchNormalizationTraining for x, scale and bias. It has no second derivative.

    dy and x [N, C, …], scale, mean and variance [C] -> dx like x, dscale [C], dbias [C].
    """

    attributes = {"epsilon": 1e-5}
    samples = tuple(sample(x, x, *[(x[1],)] * 3, ranges=(ANY, ANY, POSITIVE, ANY, POSITIVE)) for x in MAPS)

    @staticmethod
    def grad(g: Builder, node: Node, *ddx: Value | None) -> tuple[Value | None, ...]:
        raise AssertionError("batch normalization has no second derivative")

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        dy, x, scale, mean, variance = inputs
        check_channels(x, scale, mean, variance)
        if dy.shape != x.shape:
            raise ShapeError(f"a gradient of shape {list(x.shape)} is needed, found {list(dy.shape)}")
        floating(dy, x)
        return ((x.dtype, x.shape), (scale.dtype, scale.shape), (scale.dtype, scale.shape))


def check_channels(x: Value, *vectors: Value) -> None:
    """x needs channels on axis 1, and each vector one number a channel; the vectors may be of another precision."""
    floating(x)
    floating(*vectors)
    if x.rank < 2:
        raise ShapeError("a channel axis is needed, found a single number an example")
    for at, vector in enumerate(vectors, 1):
        if vector.shape != (x.shape[1],):
            raise ShapeError(
                f"one number for each of {counted(x.shape[1], 'channel')} is needed, found {list(vector.shape)}", at=at
            )


def all_but_channels(x: Value) -> tuple[int, ...]:
    """The axes that batch normalization averages over."""
    return (0, *range(2, x.rank))


def per_channel(g: Builder, vector: Value, rank: int) -> Value:
    """[C] as [C, 1, …], which broadcasts along [N, C, …]."""
    return g.Reshape(vector, shape=(vector.shape[0], *[1] * (rank - 2)))
