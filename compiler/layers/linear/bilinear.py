"""A bilinear function of two values."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import SIZE, Boolean, Optional_, argument
from netc.compiler.declare.references import LayerType
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


@layer("bilinear")
class Bilinear(Layer):
    """y_o = a' W_o b + bias_o on the last axes of two values: `[A]` and `[B]` -> `[features]`, also `[T, A]`, `[T, B]`.

    Written `a -> bilinear(b, features=8)`. The axes before the last are the same in both. PyTorch's Bilinear.

    Parameters: weight `[features, A, B]`, drawn from `he_uniform` with fan_in = A * B; bias `[features]`, zeros.
    """

    also = ("Bilinear(-in1_features, -in2_features, out_features, bias)",)

    inputs = (2, 2)
    features: int = argument(SIZE, "size of the output's last axis")
    bias: bool = argument(Boolean(), "whether a bias is added", default=True)
    act: object = argument(Optional_(LayerType()), "activation that follows", default=None)

    samples = (
        Sample(
            "bilinear(b, features=3)",
            "5",
            "4",
            out="3",
            params=63,
            weights={"weight": "3x5x4 he_uniform", "bias": "3 constant"},
        ),
        Sample("bilinear(b, features=2, bias=false)", "6x5", "6x4", out="6x2", params=40),
        Sample("bilinear(b, features=1, act=tanh)", "[T, 3]", "[T, 2]", out="[T, 1]", params=7),
    )
    errors = (
        Wrong("bilinear(b, features=3)", "6x5", "7x4", code="E301", says="bilinear needs equal axes before the last"),
        Wrong("bilinear(b, features=3)", "float", "4", code="E301", says="a single number an example"),
        Wrong("bilinear(b, features=0)", "5", "4", code="E224", says="a positive whole number, found 0"),
        Wrong("bilinear(b, features=3)", "int 5", "4", code="E302", says="works on floating-point numbers"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        require_floats("bilinear", *x)
        shapes = [language_shape(value) for value in x]
        for at, shape in enumerate(shapes):
            if not shape:
                raise ShapeError("bilinear needs an axis to work on, found a single number an example", at=at)
        if shapes[0][:-1] != shapes[1][:-1]:
            label = f"{format_shape(shapes[0])} with {format_shape(shapes[1])}"
            raise ShapeError("bilinear needs equal axes before the last", at=1, label=label)
        left, right = map(b.batched, x)
        rows, columns = (constant_size(shape[-1], "the last axis") for shape in shapes)
        weight = b.parameter("weight", (self.features, rows, columns), HE_UNIFORM)
        before = left.shape[:-1]
        by_rows = b.Reshape(b.Transpose(weight, axes=(1, 0, 2)), shape=(rows, self.features * columns))
        half = b.Reshape(b.MatMul(left, by_rows), shape=(*before, self.features, columns))
        y = b.MatMul(half, b.Reshape(right, shape=(*before, columns, 1)))
        y = b.Reshape(y, shape=(*before, self.features))
        if self.bias:
            y = b.Add(y, b.parameter("bias", (self.features,), ZEROS))
        return b.apply(self.act, y, "act") if self.act is not None else y

    def formula(self, torch: Any, x: Any, y: Any, weight: Any, bias: Any = None) -> Any:
        return torch.nn.functional.bilinear(x, y, weight, bias)
