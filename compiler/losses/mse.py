"""Mean squared error."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import mean


@loss("mse")
class MeanSquaredError(Loss):
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

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("mse", prediction)
        return TargetSpec(DType.FLOAT32, prediction.shape)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        error = g.Sub(prediction, target)
        return mean(g, g.Mul(error, error))

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        return torch.nn.functional.mse_loss(prediction, target)
