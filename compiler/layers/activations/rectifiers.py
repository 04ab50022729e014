"""Activations that are made of pieces: straight lines, and exponentials below zero."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Boolean, Real, argument
from netc.compiler.initializers.constant import Constant
from netc.compiler.ir import Value
from netc.compiler.layers.base import LayerBuilder, Sample, ShapeError, Wrong, constant_size, language_shape
from netc.compiler.layers.element_function import ElementFunction, function

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@function("relu6")
class Relu6(ElementFunction):
    """y = min(max(x, 0), 6) (Howard et al. 2017, arXiv:1704.04861). Its gradient at 0 and 6 is 0."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Clip(x, low=0.0, high=6.0, bounds_pass=False)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.relu6(x)


@function("hardtanh")
class HardTanh(ElementFunction):
    """y = x between `low` and `high`, and the nearer of them elsewhere. Its gradient at them is 0, `clip`'s is 1."""

    low: float = argument(Real(), "the smallest result", default=-1.0)
    high: float = argument(Real(), "the largest result", default=1.0)

    samples = (Sample("hardtanh", "8x5"), Sample("hardtanh(-0.5, 2)", "float"), Sample("hardtanh(high=0)", "[4, H, W]"))
    errors = (Wrong("hardtanh(1, -1)", "8", code="E301", says="hardtanh needs `low` below `high`, found 1 and -1"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        if self.low >= self.high:
            raise ShapeError(f"hardtanh needs `low` below `high`, found {self.low:g} and {self.high:g}", argument="low")
        return b.Clip(x, low=self.low, high=self.high, bounds_pass=False)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.hardtanh(x, self.low, self.high)


@function("prelu")
class PRelu(ElementFunction):
    """y = x where x > 0, else slope * x with a learned slope (He et al. 2015, arXiv:1502.01852).

    One slope for all elements, as in PyTorch, or one for each channel (axis 0), as in the paper.

    Parameters: weight `[1]`, or `[C]`: the slopes, 0.25 to begin with.
    """

    also = ("PReLU(-num_parameters=1, init as start)",)

    channels: bool = argument(Boolean(), "whether each channel has a slope of its own", default=False)
    start: float = argument(Real(), "the slopes before training", default=0.25)

    samples = (
        Sample("prelu", "8x5", params=1, weights={"weight": "1 constant(0.25)"}),
        Sample("prelu(true)", "4x3x3", params=4, weights={"weight": "4 constant(0.25)"}),
        Sample("prelu(channels=true, start=0.1)", "[4, H, W]", params=4),
    )
    errors = (
        Wrong("prelu(true)", "float", code="E301", says="prelu needs a channel axis, found a single number an example"),
        Wrong("prelu(true)", "[H, 3]", code="E304", says="the number of channels H is not known while compiling"),
    )

    def of(self, b: LayerBuilder, x: Value) -> Value:
        shape = language_shape(x)
        if self.channels and not shape:
            raise ShapeError("prelu needs a channel axis, found a single number an example")
        slopes = constant_size(shape[0], "the number of channels") if self.channels else 1
        slope = b.parameter("weight", (slopes,), Constant(value=self.start))
        spread = b.Reshape(slope, shape=(slopes, *(1 for _ in shape[1:]))) if shape else b.Reshape(slope, shape=())
        return b.Where(b.Greater(x, 0.0), x, b.Mul(x, spread))

    def formula(self, torch: Any, x: Any, weight: Any) -> Any:
        return torch.nn.functional.prelu(x[None], weight)[0] if x.ndim else torch.nn.functional.prelu(x, weight)


@function("elu")
class Elu(ElementFunction):
    """y = x where x > 0, else alpha * (exp(x) - 1) (Clevert et al. 2015, arXiv:1511.07289)."""

    alpha: float = argument(Real(0, open_low=True), "the distance of the bound below zero", default=1.0)

    samples = (Sample("elu", "8x5"), Sample("elu(0.5)", "float"), Sample("elu(alpha=2)", "[4, H, W]"))
    errors = (Wrong("elu(0)", "8", code="E224", says="a number above 0, found 0"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Elu(x, alpha=self.alpha)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.elu(x, self.alpha)


@function("selu")
class Selu(ElementFunction):
    """y = 1.0507 * elu(x) with alpha 1.6733, which keeps mean 0 and variance 1 (Klambauer et al. 2017, 1706.02515)."""

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Mul(b.Elu(x, alpha=SELU_ALPHA), SELU_SCALE)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.selu(x)


@function("celu")
class Celu(ElementFunction):
    """y = x where x > 0, else alpha * (exp(x / alpha) - 1): slope 1 on both sides of 0 (Barron 2017, 1704.07483)."""

    alpha: float = argument(Real(0, open_low=True), "the distance of the bound below zero", default=1.0)

    samples = (Sample("celu", "8x5"), Sample("celu(0.5)", "float"), Sample("celu(alpha=2)", "[4, H, W]"))
    errors = (Wrong("celu(-1)", "8", code="E224", says="a number above 0, found -1"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        if self.alpha == 1.0:
            return b.Elu(x, alpha=1.0)
        return b.Mul(b.Elu(b.Mul(x, 1.0 / self.alpha), alpha=1.0), self.alpha)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.celu(x, self.alpha)


@function("softshrink")
class SoftShrink(ElementFunction):
    """y = x - bound above it, x + bound below -bound, and 0 between."""

    bound: float = argument(Real(0), "how far from 0 the result begins to differ from 0", default=0.5)

    samples = (Sample("softshrink", "8x5"), Sample("softshrink(1)", "float"), Sample("softshrink(bound=0.1)", "[4, H]"))
    errors = (Wrong("softshrink(-1)", "8", code="E224", says="a number of at least 0, found -1"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Sub(x, b.Clip(x, low=-self.bound, high=self.bound))

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.softshrink(x, self.bound)


@function("threshold")
class Threshold(ElementFunction):
    """y = x where x > bound, else value."""

    bound: float = argument(Real(), "where x begins to pass")
    value: float = argument(Real(), "the result below", default=0.0)

    samples = (Sample("threshold(0.1)", "8x5"), Sample("threshold(-1, 2)", "float"),
               Sample("threshold(bound=1, value=-1)", "[4, H]"))  # fmt: skip
    errors = (Wrong("threshold", "8", code="E223", says="`threshold` needs `bound`"),)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        return b.Where(b.Greater(x, self.bound), x, self.value)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.threshold(x, self.bound, self.value)
