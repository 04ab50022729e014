"""Functions of each element alone that are no activations."""

from __future__ import annotations

import math
from typing import Any

from netc.compiler.declare.arguments import Optional_, Real, argument
from netc.compiler.ir import DType, Value, holds, too_large
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.compiler.layers.element_function import ElementFunction, function


@function("exp")
class Exp(ElementFunction):
    """y = e**x, element by element."""

    also = ("exponential",)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Exp(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.exp(x)


@function("log")
class Log(ElementFunction):
    """y = ln(x), element by element: minus infinity at 0, no number below. `clip(min=1e-7) -> log` avoids both."""

    samples = (
        Sample("log", "8x5", values=(0.1, 4)),
        Sample("log", "float", values=(0.5, 2)),
        Sample("log", "[4, H]", values=(0.1, 4)),
    )

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Log(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.log(x)


@function("sqrt")
class Sqrt(ElementFunction):
    """y = the square root of x, element by element. Its gradient at 0 is infinite: `clip(min=1e-12) -> sqrt`."""

    samples = (
        Sample("sqrt", "8x5", values=(0.1, 4)),
        Sample("sqrt", "float", values=(0.5, 2)),
        Sample("sqrt", "[4, H]", values=(0.1, 4)),
    )

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Sqrt(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.sqrt(x)


@function("square")
class Square(ElementFunction):
    """y = x * x, element by element."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Mul(x, x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.square(x)


@function("reciprocal")
class Reciprocal(ElementFunction):
    """y = 1 / x, element by element."""

    samples = (
        Sample("reciprocal", "8x5", values=(0.2, 4)),
        Sample("reciprocal", "float", values=(-2, -0.5)),
        Sample("reciprocal", "[4, H]", values=(0.2, 4)),
    )

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Reciprocal(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.reciprocal(x)


@function("pow")
class Pow(ElementFunction):
    """y = x ** exponent, element by element; x may be negative where the exponent is a whole number.

    For an exponent that is a tensor write `x ** y`.
    """

    also = ("power",)

    exponent: float = argument(Real(), "what x is raised to")

    samples = (
        Sample("pow(3)", "8x5", values=(-2, 2.5)),
        Sample("pow(0.5)", "float", values=(0.5, 2)),
        Sample("pow(exponent=-1.5)", "[4, H]", values=(0.5, 4)),
    )
    errors = (Wrong("pow(true)", "8", code="E224", says="a number, found true"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Pow(x, self.exponent)

    def formula(self, torch: Any, x: Any) -> Any:
        return x**self.exponent


@function("sin")
class Sin(ElementFunction):
    """y = sin(x), element by element, of angles in radians."""

    samples = (Sample("sin", "8x5", values=(-4, 4.5)), Sample("sin", "float", values=(-1, 2)),
               Sample("sin", "[4, H]", values=(-9, 7)))  # fmt: skip

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Sin(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.sin(x)


@function("cos")
class Cos(ElementFunction):
    """y = cos(x), element by element, of angles in radians."""

    samples = (Sample("cos", "8x5", values=(-4, 4.5)), Sample("cos", "float", values=(-1, 2)),
               Sample("cos", "[4, H]", values=(-9, 7)))  # fmt: skip

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Cos(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.cos(x)


@function("erf")
class Erf(ElementFunction):
    """y = 2 / sqrt(pi) times the integral of exp(-t²) from 0 to x, element by element: from -1 to 1."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Erf(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.erf(x)


@function("floor")
class Floor(ElementFunction):
    """y = the largest whole number that is not above x, element by element. No gradient flows."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Floor(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.floor(x)


@function("ceil")
class Ceil(ElementFunction):
    """y = the smallest whole number that is not below x, element by element. No gradient flows."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Ceil(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.ceil(x)


@function("round")
class Round(ElementFunction):
    """y = the nearest whole number, element by element; of two equally near the even one. No gradient flows."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Round(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.round(x)


@layer("sign")
class Sign(Layer):
    """y = -1, 0 or 1, element by element, as x lies below, at or above 0. No gradient flows."""

    samples = (Sample("sign", "8x5"), Sample("sign", "float"), Sample("sign", "int 12", values=(-2, 3)))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        return b.Sign(x)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.sign(x)


@layer("clip")
class Clip(Layer):
    """y = x between `min` and `max`, and the nearer of them elsewhere. Its gradient at the bounds themselves is 1."""

    also = ("clamp",)

    low: float | None = argument(Optional_(Real()), "the smallest result; none is no bound", default=None, word="min")
    high: float | None = argument(Optional_(Real()), "the largest result; none is no bound", default=None, word="max")

    samples = (
        Sample("clip(-1, 1)", "8x5"),
        Sample("clip(min=0.5)", "float"),
        Sample("clip(max=0)", "[4, H, W]"),
        Sample("clip(0, 3)", "int 12"),
    )
    errors = (
        Wrong("clip", "8", code="E301", says="clip needs `min` or `max`"),
        Wrong("clip(1, -1)", "8", code="E301", says="clip needs `min` below `max`, found 1 and -1"),
        Wrong("clip(max=1e30)", "int 8", code="E302", says="1e+30 is more than int64 holds"),
        Wrong("clip(0.5)", "int 8", code="E302", says="whole numbers need whole bounds, found 0.5"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        if self.low is None and self.high is None:
            raise ShapeError("clip needs `min` or `max`")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ShapeError(f"clip needs `min` below `max`, found {self.low:g} and {self.high:g}", argument="min")
        if x.dtype is DType.FLOAT32:
            return b.Clip(x, low=self.low, high=self.high)
        whole = {name: None if bound is None else math.floor(bound) for name, bound in self.settings().items()}
        for name, bound in self.settings().items():
            if bound != whole[name]:
                message = f"whole numbers need whole bounds, found {bound:g}"
                raise ShapeError(message, argument=name, help="round it, or multiply by 1.0 first", code="E302")
            if bound is not None and not holds(x.dtype, bound):
                raise ShapeError(too_large(bound, x.dtype), argument=name, help="take one nearer to 0", code="E302")
        return b.Clip(x, low=whole["min"], high=whole["max"])

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.clamp(x, self.low, self.high).to(x.dtype)
