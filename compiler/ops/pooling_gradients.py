"""The gradients of pooling, which ONNX lacks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, Result, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Half, Kind
from netc.compiler.ops.fields import Field, along_spread
from netc.compiler.ops.pooling import CASES, POOL, AveragePool, Pooling, check_pool, pooled
from netc.compiler.ops.window import Ints


class PoolingGradient(Op):
    """What each window's gradient makes of the places in it. PyTorch finds it by itself."""

    kind = Kind.WINDOW
    half = Half.WITH_ALL
    torch_name = None
    stock = False

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return along_spread(field, node.attributes["kernel"], node.attributes["strides"])


@op
class MaxPoolGradient(PoolingGradient):
    """dy of each window goes to its first largest element in row-major order, as in PyTorch.

    x [N, C, *spatial], y and dy [N, C, *windows] -> dx like x. What flows back to dy is ddx where the maxima are, for
    windows that don't overlap; nothing flows to x and y, which only say where.
    """

    attributes = POOL
    samples = tuple(sample(x, pooled(x, rest), pooled(x, rest), **rest) for x, rest in CASES)

    @staticmethod
    def grad(g: Builder, node: Node, ddx: Value) -> tuple[Value | None, ...]:
        x, y, dy = node.inputs
        windows: dict[str, Any] = dict(node.attributes)
        apart = all(s >= k for s, k in zip(windows["strides"], windows["kernel"], strict=True))
        assert apart, "max pooling has no second derivative where windows overlap"
        ones = g.Expand(g.constant(1.0, dy.dtype), shape=dy.shape)
        chosen = g.Mul(ddx, g.MaxPoolGradient(x, y, ones, **windows))
        means = g.AveragePool(chosen, **windows, count_include_pad=True)
        return None, None, g.Mul(means, float(math.prod(windows["kernel"])))

    @staticmethod
    def shape(x: Value, y: Value, dy: Value, *, kernel: Ints, strides: Ints, pads: Ints) -> Shape:
        floating(x, y, dy)
        check_pool(x, kernel, strides, pads)
        expected = pooled(x.shape, {"kernel": kernel, "strides": strides, "pads": pads})
        for at, value in ((1, y), (2, dy)):
            if value.shape != expected:
                raise ShapeError(f"shape {list(expected)} is needed, found {list(value.shape)}", at=at)
        return x.shape

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        windows = PoolingGradient.field_before(node, at, field)
        return windows if at else Pooling.field_before(node, at, windows)


@op
class AveragePoolGradient(PoolingGradient):
    """dy of each window spread evenly over what it averaged: dy [N, C, *windows] -> dx [N, C, *shape]."""

    attributes = {"shape": REQUIRED, **AveragePool.attributes}
    samples = (
        *(sample(pooled(x, rest), shape=x[2:], **rest) for x, rest in CASES),
        *(sample(pooled(x, rest), shape=x[2:], **rest, count_include_pad=True) for x, rest in CASES[3:6]),
    )

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        (dy,) = inputs
        floating(dy)
        sizes = (*dy.shape[:2], *attributes["shape"])
        if dy.shape != pooled(sizes, attributes):
            raise ShapeError(f"shape {list(pooled(sizes, attributes))} is needed, found {list(dy.shape)}")
        return ((dy.dtype, sizes),)

    @staticmethod
    def grad(g: Builder, node: Node, ddx: Value) -> tuple[Value]:
        return (g.AveragePool(ddx, **{name: node.attributes[name] for name in AveragePool.attributes}),)
