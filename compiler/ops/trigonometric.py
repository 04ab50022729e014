"""Tangents, inverse and hyperbolic functions, which the layer `onnx` calls by ONNX's names."""

from __future__ import annotations

from typing import ClassVar

from netc.compiler.ir import Builder, Node, Value
from netc.compiler.ops.base import Sample, op, sample
from netc.compiler.ops.transcendental import Transcendental

INSIDE = (sample((2, 3), ranges=((-0.9, 0.9),)), sample((), ranges=((0, 0.5),)))


@op
class Tan(Transcendental):
    """y = tan(x)."""

    torch_name = "tan"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Add(g.Mul(node.output, node.output), 1.0)),)


@op
class Sinh(Transcendental):
    """y = (exp(x) - exp(-x)) / 2."""

    torch_name = "sinh"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Cosh(node.inputs[0])),)


@op
class Cosh(Transcendental):
    """y = (exp(x) + exp(-x)) / 2."""

    torch_name = "cosh"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Mul(dy, g.Sinh(node.inputs[0])),)


@op
class Asin(Transcendental):
    """The x from -pi/2 to pi/2 whose sine is given."""

    torch_name = "asin"
    samples: ClassVar[tuple[Sample, ...]] = INSIDE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        (x,) = node.inputs
        return (g.Div(dy, g.Sqrt(g.Mul(g.Sub(1.0, x), g.Add(x, 1.0)))),)


@op
class Acos(Transcendental):
    """The x from 0 to pi whose cosine is given."""

    torch_name = "acos"
    samples: ClassVar[tuple[Sample, ...]] = INSIDE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        (x,) = node.inputs
        return (g.Neg(g.Div(dy, g.Sqrt(g.Mul(g.Sub(1.0, x), g.Add(x, 1.0))))),)


@op
class Atan(Transcendental):
    """The x from -pi/2 to pi/2 whose tangent is given."""

    torch_name = "atan"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        (x,) = node.inputs
        return (g.Div(dy, g.Add(g.Mul(x, x), 1.0)),)


@op
class Asinh(Transcendental):
    """The x whose hyperbolic sine is given."""

    torch_name = "asinh"

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(dy, g.Cosh(node.output)),)


@op
class Acosh(Transcendental):
    """The x of at least 0 whose hyperbolic cosine is given, which is at least 1."""

    torch_name = "acosh"
    samples: ClassVar[tuple[Sample, ...]] = (sample((2, 3), ranges=((1.1, 3),)), sample((), ranges=((1.5, 2),)))

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        return (g.Div(dy, g.Sinh(node.output)),)


@op
class Atanh(Transcendental):
    """The x whose hyperbolic tangent is given, which is between -1 and 1."""

    torch_name = "atanh"
    samples: ClassVar[tuple[Sample, ...]] = INSIDE

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value]:
        (x,) = node.inputs
        return (g.Div(dy, g.Mul(g.Sub(1.0, x), g.Add(x, 1.0))),)
