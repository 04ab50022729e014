"""A fully connected layer."""

from __future__ import annotations

from netc.compiler.declare.arguments import SIZE, Boolean, LayerType, Optional_, TensorType, argument
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    ZEROS,
    Layer,
    LayerBuilder,
    ShapeError,
    constant_size,
    kaiming_uniform,
    language_shape,
    layer,
    require_floats,
)


@layer("dense")
class Dense(Layer):
    """y = x W' + b on the last axis: `[F]` -> `[features]`, `[T, F]` -> `[T, features]`.

    Parameters: weight `[features, F]`, drawn from Kaiming's uniform distribution; bias `[features]`, zeros.
    """

    features: int = argument(SIZE, "size of the output's last axis")
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    weight: Value | None = argument(Optional_(TensorType()), "a tensor to use as the weight", default=None)
    linear = True

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("dense", x)
        shape = language_shape(x)
        if len(shape) == 0:
            raise ShapeError("dense needs an axis to work on, found a single number an example")
        if len(shape) == 3:
            raise ShapeError(
                f"dense works on vectors, found a map {format_shape(shape)}",
                help="put `flatten` or `global_avgpool` in front",
            )
        fan_in = constant_size(shape[-1], "the last axis")
        x = b.batched(x) if x.rank == 1 else x
        weight = self._weight(b, fan_in)
        y = b.MatMul(x, b.Transpose(weight, axes=(1, 0)))
        if self.bias:
            y = b.Add(y, b.parameter("bias", (self.features,), ZEROS))
        return b.apply(self.act, y, "act") if self.act is not None else y

    def _weight(self, b: LayerBuilder, fan_in: int) -> Value:
        expected = (self.features, fan_in)
        if self.weight is None:
            return b.parameter("weight", expected, kaiming_uniform(fan_in))
        if self.weight.shape != expected:
            found = format_shape(self.weight.shape)
            raise ShapeError(f"a weight of {format_shape(expected)} is needed, found {found}", argument="weight")
        return self.weight
