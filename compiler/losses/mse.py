"""Mean squared error."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import mean


@loss("mse")
class MeanSquaredError(Loss):
    """(prediction - target)**2, the mean over examples and elements: `mse(output, value)`.

    prediction: any shape. target: numbers of the same shape.
    """

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("mse", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        error = g.Sub(prediction, target)
        return mean(g, g.Mul(error, error))
