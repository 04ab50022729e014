"""Losses of the difference between numbers: squares, sizes, and what lies between."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.functions import square


class Difference(Loss):
    """A function of prediction - target, the mean over examples and elements."""

    word: ClassVar[str]

    def target(self, prediction: Value) -> TargetSpec:
        require_floats(self.word, prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape)

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        return self.of(g, g.Sub(prediction, target))

    def of(self, g: Builder, error: Value) -> Value:
        """The loss of each difference."""
        raise AssertionError("a loss of differences says what it is of one")


@loss("mse")
class MeanSquaredError(Difference):
    """(prediction - target)**2, the mean over examples and elements: `mse(output, value)`.

    prediction: any shape. target: numbers of the same shape.
    """

    also = ("mean_squared_error", "MSELoss", "squared_error", "l2", "l2_loss")

    samples = (
        Pair("mse(prediction, target)", "3x2"),
        Pair("mse(prediction, target)", "float"),
        Pair("mse(prediction, target)", "2x3x4"),
    )
    errors = (
        Wrong("mse(prediction, target)", "int 3", code="E302", says="mse works on floating-point numbers, found int64"),
    )

    def of(self, g: Builder, error: Value) -> Value:
        return square(g, error)

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.mse_loss(*given)


@loss("mae")
class MeanAbsoluteError(Difference):
    """|prediction - target|, the mean over examples and elements: `mae(output, value)`. Its slope at 0 is 0.

    prediction: any shape. target: numbers of the same shape.
    """

    also = ("mean_absolute_error", "L1Loss", "absolute_error", "l1", "l1_loss")

    samples = (Pair("mae(prediction, target)", "3x2"), Pair("mae(prediction, target)", "float"))
    errors = (
        Wrong("mae(prediction, target)", "int 3", code="E302", says="mae works on floating-point numbers, found int64"),
    )

    def of(self, g: Builder, error: Value) -> Value:
        return g.Abs(error)

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.l1_loss(*given)


@loss("huber")
class Huber(Difference):
    """e**2 / 2 where e = |prediction - target| is at most delta, else delta (e - delta / 2); the mean (Huber 1964).

    prediction: any shape. target: numbers of the same shape. `smooth_l1` is this by delta.
    """

    also = ("HuberLoss", "huber_loss")

    delta: float = argument(Real(0, open_low=True), "where the square ends", default=1.0)

    samples = (
        Pair("huber(prediction, target)", "3x2"),
        Pair("huber(prediction, target, delta=0.3)", "5"),
        Pair("huber(prediction, target)", "float"),
    )
    errors = (
        Wrong("huber(prediction, target, delta=0)", "5", code="E224", says="a number above 0"),
        Wrong("huber(prediction, target)", "int 3", code="E302", says="huber works on floating-point numbers"),
    )

    def of(self, g: Builder, error: Value) -> Value:
        near = g.Min(g.Abs(error), self.delta)
        return g.Add(g.Mul(square(g, near), 0.5), g.Mul(g.Sub(g.Abs(error), near), self.delta))

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.huber_loss(*given, delta=self.delta)


@loss("smooth_l1")
class SmoothL1(Difference):
    """e**2 / (2 beta) where e = |prediction - target| is below beta, else e - beta / 2; the mean (Girshick 2015,
    arXiv:1504.08083).

    prediction: any shape. target: numbers of the same shape. `huber` is this times its delta.
    """

    also = (Also("SmoothL1Loss"), "smooth_l1_loss")

    beta: float = argument(Real(0, open_low=True), "where the square ends", default=1.0)

    samples = (
        Pair("smooth_l1(prediction, target)", "3x2"),
        Pair("smooth_l1(prediction, target, beta=0.2)", "5"),
        Pair("smooth_l1(prediction, target)", "float"),
    )
    errors = (
        Wrong("smooth_l1(prediction, target, beta=0)", "5", code="E224", says="a number above 0"),
        Wrong("smooth_l1(prediction, target)", "int 3", code="E302", says="smooth_l1 works on floating-point numbers"),
    )

    def of(self, g: Builder, error: Value) -> Value:
        near = g.Min(g.Abs(error), self.beta)
        return g.Add(g.Mul(square(g, near), 0.5 / self.beta), g.Sub(g.Abs(error), near))

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.smooth_l1_loss(*given, beta=self.beta)
