"""A fully connected layer."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.references import LayerType, TensorType
from netc.compiler.ir import Value, format_shape
from netc.compiler.layers.base import (
    HE_UNIFORM,
    ZEROS,
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    constant_size,
    language_shape,
    layer,
    require_floats,
)


@layer("dense")
class Dense(Layer):
    """y = x W' + b on the last axis: `[F]` -> `[features]`, `[T, F]` -> `[T, features]`.

    Parameters: weight `[features, F]`, drawn from `he_uniform`; bias `[features]`, zeros.
    """

    also = (
        "affine",
        "fc",
        "full",
        "fully_connected",
        "gemm",
        "Linear(-in_features, out_features, bias)",
        "Dense(units, activation, use_bias)",
        "LazyLinear(out_features, bias)",
    )

    features: int = argument(SIZE, "size of the output's last axis")
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    weight: Value | None = argument(Optional_(TensorType()), "a tensor to use as the weight", default=None)
    linear = True

    samples = (
        Sample("dense(3)", "8", out="3", params=27, weights={"weight": "3x8 he_uniform", "bias": "3 constant"}),
        Sample("dense(3, act=tanh)", "8x5", out="8x3", params=18),
        Sample("dense(4, bias=false)", "[T, 6]", out="[T, 4]", params=24, weights={"weight": "4x6 he_uniform"}),
        Sample("dense(5, weight=b)", "8x6", "parameter([5, 6])", out="8x5", params=5),
    )
    errors = (
        Wrong(
            "dense(4)",
            "3x8x8",
            code="E301",
            says=("dense works on vectors, found a map 3x8x8", "put `flatten` or `global_avgpool` in front"),
        ),
        Wrong(
            "dense(4)", "float", code="E301", says="dense needs an axis to work on, found a single number an example"
        ),
        Wrong("dense(3)", "int 12", code="E302", says="dense works on floating-point numbers, found int64"),
        Wrong("dense(3)", "[4, H]", code="E304", says="the last axis H is not known while compiling"),
        Wrong("dense(5, weight=b)", "6", "parameter([6, 5])", code="E301", says="a weight of 5x6 is needed, found 6x5"),
    )

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

    def formula(self, torch: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        return torch.nn.functional.linear(x, weight, bias)

    def _weight(self, b: LayerBuilder, fan_in: int) -> Value:
        expected = (self.features, fan_in)
        if self.weight is None:
            return b.parameter("weight", expected, HE_UNIFORM)
        if self.weight.shape != expected:
            found = format_shape(self.weight.shape)
            raise ShapeError(f"a weight of {format_shape(expected)} is needed, found {found}", argument="weight")
        return self.weight
