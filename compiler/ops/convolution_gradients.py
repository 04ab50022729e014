"""The two gradients of a convolution that ONNX lacks. `pads` and weights are as in `convolution.py`."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import REQUIRED, Op, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.convolution import CASES, SETTINGS, check_groups, check_weights, check_windows, convolved
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, across_channels, along_spread, everything
from netc.compiler.ops.window import Ints, check_settings, spatial


@op
class ConvInputGradient(Op):
    """The gradient of Conv for its input: dy [N, O, *windows], w [O, C / group, *kernel] -> dx [N, C, *shape].

    shape are the spatial sizes of x, which the stride leaves open.
    """

    kind = Kind.PRODUCT
    torch_name = None
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

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        kernel, given = node.inputs[1].shape[2:], node.attributes
        if at:
            return everything(node.inputs[at])
        return across_channels(along_spread(field, kernel, given["strides"], given["dilations"]))


@op
class ConvWeightGradient(Op):
    """The gradient of Conv for its weights: x [N, C, *spatial], dy [N, O, *windows] -> dw [O, C / group, *kernel]."""

    kind = Kind.PRODUCT
    torch_name = None
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

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])
