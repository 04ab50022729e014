"""Metrics of the difference between numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from netc.compiler.declare.samples import Pair
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.functions import square
from netc.compiler.losses.mean import ones_like, spread
from netc.compiler.metrics.base import Figure, Mean, Metric, metric

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array


def _samples(word: str) -> tuple[Pair, ...]:
    return tuple(Pair(f"{word}(prediction, target)", shape) for shape in ("3x2", "float", "2x2x3"))


class Difference(Mean):
    """A mean over examples and elements of a function of prediction - target."""

    word: ClassVar[str]
    higher_is_better = False

    @property
    def by_element(self) -> bool:
        return True

    def target(self, prediction: Value) -> TargetSpec:
        require_floats(self.word, prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape)


@metric("mae")
class MeanAbsoluteError(Difference):
    """The mean of |prediction - target| over examples and elements.

    prediction: any shape. target: numbers of the same shape.
    """

    also = ("mean_absolute_error",)
    samples = _samples("mae")

    def each(self, g: Builder, *given: Value) -> Value:
        return g.Abs(g.Sub(*given))

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.l1_loss(*given)


@metric("mse")
class MeanSquaredError(Difference):
    """The mean of (prediction - target)**2 over examples and elements.

    prediction: any shape. target: numbers of the same shape.
    """

    also = ("mean_squared_error",)
    samples = _samples("mse")

    def each(self, g: Builder, *given: Value) -> Value:
        return square(g, g.Sub(*given))

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.mse_loss(*given)


@metric("rmse")
class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of (prediction - target)**2 over all examples and elements of an epoch.

    prediction: any shape. target: numbers of the same shape.
    """

    also = ("root_mean_squared_error",)
    samples = _samples("rmse")

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        mean = super().figure(sums)
        assert isinstance(mean, float)
        return float(mean**0.5)

    def formula(self, torch: Any, *given: Any) -> Any:
        return torch.nn.functional.mse_loss(*given).sqrt()


@metric("r2")
class R2(Metric):
    """The coefficient of determination, 1 - sum (target - prediction)**2 / sum (target - its mean)**2, the mean over
    the elements of an example; measured on held-out data alone.

    prediction: any shape of known sizes. target: numbers of the same shape. Where the target is the same in all
    examples it is 1 if all are predicted exactly, else 0, as scikit-learn's.
    """

    also = ("r2_score", "r_squared", "coefficient_of_determination")
    higher_is_better = True
    rows = True
    samples = _samples("r2")

    @property
    def by_element(self) -> bool:
        return True

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("r2", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape)

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        """A row a batch: sums of squares around the batch's own mean, which lose no digits where that is large."""
        prediction, target = given
        weights = ones_like(g, prediction) if mask is None else spread(g, mask, prediction, self.positions(prediction))
        count = g.ReduceSum(weights, axes=(0,), keepdims=True)
        some = g.Where(g.Equal(count, 0.0), 1.0, count)
        mean = g.Div(g.ReduceSum(g.Mul(weights, target), axes=(0,), keepdims=True), some)
        spreads = square(g, g.Sub(target, mean)), square(g, g.Sub(target, prediction))
        around, left = (g.ReduceSum(g.Mul(weights, x), axes=(0,), keepdims=True) for x in spreads)
        return {"count": count, "mean": mean, "around": around, "left": left}

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        count, mean = sums["count"], sums["mean"]
        number = count.sum(0)
        middle = (count * mean).sum(0) / (number + (number == 0))
        around = sums["around"].sum(0) + (count * (mean - middle) ** 2).sum(0)
        left = sums["left"].sum(0)
        constant = around == 0
        figures = (left == 0) * constant + (1 - left / (around + constant)) * ~constant
        return float(figures.mean())

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        around, left = ((target - target.mean(0)) ** 2).sum(0), ((target - prediction) ** 2).sum(0)
        return torch.where(around == 0, (left == 0).double(), 1 - left / around).mean()
