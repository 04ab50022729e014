"""The product of two values that both flow."""

from __future__ import annotations

from typing import Any

from netc.compiler.ir import Size, Value, format_shape, is_batched
from netc.compiler.layers.base import (
    Layer,
    LayerBuilder,
    Sample,
    ShapeError,
    Wrong,
    language_shape,
    layer,
    require_floats,
)


@layer("matmul")
class MatMul(Layer):
    """The matrix product, for each example: `[M, K]` -> `matmul(b)` with b `[K, N]` -> `[M, N]`.

    As numpy's matmul: a vector on the left is a row, `[K]` with `[K, N]` -> `[N]`; on the right a column, `[M, K]`
    with `[K]` -> `[M]`; two vectors give their inner product, a single number. Axes before the last two broadcast.
    """

    also = ("bmm", "mm", "batch_matmul")

    inputs = (2, 2)

    samples = (
        Sample("matmul(b)", "49x32", "32x3", out="49x3"),
        Sample("matmul(b)", "49x32", "32", out="49"),
        Sample("matmul(b)", "49", "49x32", out="32"),
        Sample("matmul(b)", "49", "49", out="float"),
        Sample("matmul(b)", "8x10x16", "16x5", out="8x10x5"),
        Sample("matmul(b)", "2x3x4", "4", out="2x3"),
        Sample("matmul(b)", "4", "2x4x5", out="2x5"),
        Sample("matmul(b)", "[T, 8]", "8x3", out="[T, 3]"),
    )
    errors = (
        Wrong(
            "matmul(b)",
            "4x3",
            "4x3",
            code="E301",
            says=("matmul needs equal inner sizes", "4x3 with 4x3: 3 and 4", "put `transpose` on one side"),
        ),
        Wrong(
            "matmul(b)",
            "4",
            "float",
            code="E301",
            says="matmul needs vectors or matrices, found a single number an example",
        ),
        Wrong("matmul(b)", "4x3", "int 3x4", code="E302", says="matmul works on floating-point numbers, found int64"),
    )

    def build(self, b: LayerBuilder, *x: Value) -> Value:
        require_floats("matmul", *x)
        left, right = (language_shape(value) for value in x)
        for at, shape in enumerate((left, right)):
            if not shape:
                raise ShapeError("matmul needs vectors or matrices, found a single number an example", at=at)
        row, column = len(left) == 1, len(right) == 1
        inner: Size = right[0] if column else right[-2]
        if left[-1] != inner:
            raise ShapeError(
                "matmul needs equal inner sizes",
                at=1,
                label=f"{format_shape(left)} with {format_shape(right)}: {left[-1]} and {inner}",
                help="put `transpose` on one side" if not column and right[-1] == left[-1] else None,
            )
        rank = max(len(left), len(right), 2)
        y = b.MatMul(
            _aligned(b, x[0], (1, *left) if row else left, rank),
            _aligned(b, x[1], (*right, 1) if column else right, rank),
        )
        if row or column:
            result = language_shape(y)
            kept = (*result[:-2], *(() if row else result[-2:-1]), *(() if column else result[-1:]))
            y = b.Reshape(y, shape=(y.shape[0], *kept) if is_batched(y) else kept)
        return y

    def formula(self, torch: Any, a: Any, b: Any) -> Any:
        return torch.matmul(a, b)


def _aligned(b: LayerBuilder, x: Value, shape: tuple[Size, ...], rank: int) -> Value:
    """The value under `shape`, with axes of size 1 in front so that the batch stays in front of `rank` axes."""
    if not is_batched(x):
        return x if shape == x.shape else b.Reshape(x, shape=shape)
    full = (x.shape[0], *(1 for _ in range(rank - len(shape))), *shape)
    return x if full == x.shape else b.Reshape(x, shape=full)
