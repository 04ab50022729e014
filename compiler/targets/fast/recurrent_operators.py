"""The library's operators for recurrent networks, each for all steps; layout and order of gates are PyTorch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from netc.compiler.ir import Node, Size, Value, product
from netc.compiler.ops.base import Result, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Kind
from netc.compiler.targets.fast.operators import FLOAT, FastOp


class FastRecurrent(FastOp):
    """Base of recurrent networks: all steps of one.

    product [T, N, G H], weights [G H, H], bias [G H], states [N, H] before the first step -> y [T, N, H], the states
    behind the last step, before [T, N, H], what the gradient reads

    product  what the inputs give to the G gates
    before   the state that each step begins with

    A state before the first step may be one number, which stands for all.
    """

    kind = Kind.PRODUCT
    attributes = {"reverse": False}
    states: ClassVar[int] = 1
    saved: ClassVar[tuple[int, ...]] = ()
    """How many times H each of what the gradient reads has, [T, N, …]."""

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        floating(*inputs)
        given, weights, *_ = inputs
        steps, examples, _ = given.shape
        width = weights.shape[1]
        sequence, state = (FLOAT, (steps, examples, width)), (FLOAT, (examples, width))
        saved = [(FLOAT, (steps, examples, product((parts, width)))) for parts in cls.saved]
        return (sequence, *[state] * cls.states, sequence, *saved)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.inputs[0].shape) * node.inputs[1].shape[1]


class FastRecurrentGradient(FastOp):
    """Base of their gradients.

    slopes of y and of the states behind the last step, weights, what is saved -> dproduct, its sums over steps and
    examples, which are the bias's gradient, slopes of the states before the first step

    A slope may be one number, which stands for all.
    """

    kind = Kind.PRODUCT
    attributes = {"reverse": False}
    states: ClassVar[int] = 1

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        floating(*inputs)
        weights, saved, *_ = inputs[1 + cls.states :]
        steps, examples, _ = saved.shape
        rows, width = weights.shape
        state = FLOAT, (examples, width)
        return ((FLOAT, (steps, examples, rows)), (FLOAT, (rows,)), *[state] * cls.states)

    @classmethod
    def flops(cls, node: Node) -> Size:
        return product(node.outputs[0].shape) * node.inputs[1 + cls.states].shape[1]


@op
class FastLSTM(FastRecurrent):
    """product, weights, bias, h, c -> y, h, c, before, gates [T, N, 4 H], cells [T, N, H]."""

    states = 2
    saved = (4, 1)
    samples = (sample((3, 2, 20), (20, 5), (20,), (2, 5), ()), sample((1, 2, 4), (4, 1), (4,), (), (), reverse=True))


@op
class FastLSTMGradient(FastRecurrentGradient):
    """dy, dh, dc, weights, gates, cells, c -> dproduct, dbias, dh, dc before the first step."""

    states = 2
    samples = (sample((3, 2, 5), (), (), (20, 5), (3, 2, 20), (3, 2, 5), (2, 5)),)


@op
class FastGRU(FastRecurrent):
    """product, weights, input_bias, bias, h -> y, h, before, parts [T, N, 4 H].

    input_bias  [3 H], of the product
    parts       the gates, and what the state gives to the last
    """

    saved = (4,)
    samples = (sample((3, 2, 15), (15, 5), (15,), (15,), (2, 5)),)


@op
class FastGRUGradient(FastRecurrentGradient):
    """dy, dh, weights, parts, before -> dproduct, the same of what the state gives, the sums of both, dh."""

    samples = (sample((3, 2, 5), (2, 5), (15, 5), (3, 2, 20), (3, 2, 5)),)

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[Result, ...]:
        slopes, total, *states = super().infer(inputs, attributes)
        return (slopes, slopes, total, total, *states)


@op
class FastRNN(FastRecurrent):
    """product, weights, bias, h -> y, h, before: tanh of the sums, or with `relu` a ReLU."""

    attributes = {"reverse": False, "relu": False}
    samples = (sample((3, 2, 5), (5, 5), (5,), (2, 5)), sample((3, 2, 5), (5, 5), (5,), (), relu=True))


@op
class FastRNNGradient(FastRecurrentGradient):
    """dy, dh, weights, y -> dproduct, dbias, dh before the first step."""

    attributes = {"reverse": False, "relu": False}
    samples = (sample((), (2, 5), (5, 5), (3, 2, 5)), sample((), (2, 5), (5, 5), (3, 2, 5), relu=True))
