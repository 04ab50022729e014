"""A row of a table for each number."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import SIZE, Integer, Optional_, argument
from netc.compiler.declare.references import TensorType
from netc.compiler.initializers.normal import Normal
from netc.compiler.ir import DType, Value, format_shape
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, ShapeError, Wrong, layer
from netc.grammar.counted import counted


@layer("embedding")
class Embedding(Layer):
    """For each whole number of the input its row of a learned table: `int [T]` -> `[T, width]`, `int` -> `[width]`.

    Numbers run from 0 to rows - 1; others in the data of an input are an error, as in PyTorch. Of numbers that the net
    works out itself, those past the end are an error, and -1 is the last row. The row `padding` starts as zeros and
    gets no gradient, as in PyTorch. A head of the same weights:
    `words = embedding(rows, width); …; dense(rows, bias=false, weight=words.weight)`.

    Parameters: weight `[rows, width]`, drawn from `normal(1)` as in PyTorch; Keras draws from -0.05 to 0.05. Where a
    head has the same weights, scores of that size begin far from even: `embedding(rows, width, init=normal(0.02))`,
    as GPT-2 does, begins at the loss of a guess.
    """

    also = (
        "lookup",
        "lookup_table",
        "word_embedding",
        "Embedding(num_embeddings, embedding_dim, padding_idx)",
        Also("EmbeddingBag", "it gives a row for each number; `embedding(rows, width) -> mean(axis=0)` is a bag"),
    )

    rows: int = argument(SIZE, "how many numbers there are: the size of the vocabulary")
    width: int = argument(SIZE, "the size of a row")
    padding: int | None = argument(Optional_(Integer(0)), "the number that stands for nothing", default=None)
    weight: Value | None = argument(Optional_(TensorType()), "a tensor to use as the table", default=None)

    samples = (
        Sample("embedding(8, 3)", "int 5", out="5x3", params=24, weights={"weight": "8x3 normal(1)"}),
        Sample("embedding(8, width=4, padding=2)", "int 2x6", out="2x6x4", params=32),
        Sample("embedding(9, 4)", "int [T]", out="[T, 4]", params=36),
        Sample("embedding(8, 4)", "int", out="4", params=32),
        Sample("embedding(8, 4, weight=b)", "int 5", "parameter([8, 4])", out="5x4"),
    )
    errors = (
        Wrong("embedding(8, 3)", "5", code="E302", says="embedding needs whole numbers, found float32"),
        Wrong("embedding(0, 3)", "int 5", code="E224", says="a positive whole number, found 0"),
        Wrong("embedding(8, 3, padding=8)", "int 5", code="E301", says="row 8 of a table with 8 rows"),
        Wrong("embedding(8, 3, weight=b)", "int 5", "parameter([3, 8])", code="E301",
              says="a weight of 8x3 is needed, found 3x8"),
    )  # fmt: skip

    def build(self, b: LayerBuilder, x: Value) -> Value:
        if x.dtype is not DType.INT64:
            message = f"embedding needs whole numbers, found {x.dtype}"
            raise ShapeError(message, help="declare them as such, as in `input tokens: int 128`", code="E302")
        if self.padding is not None and self.padding >= self.rows:
            raise ShapeError(f"row {self.padding} of a table with {counted(self.rows, 'row')}", argument="padding")
        return b.Gather(self._table(b), x, axis=0, padding=self.padding)

    def formula(self, torch: Any, x: Any, weight: Any) -> Any:
        return torch.nn.functional.embedding(x, weight, self.padding)

    def _table(self, b: LayerBuilder) -> Value:
        expected = (self.rows, self.width)
        if self.weight is None:
            if self.padding is None:
                return b.parameter("weight", expected, Normal(std=1.0))
            made = b.made("weight", expected, Normal(std=1.0))
            made.empty_row = self.padding
            return made.value
        if self.weight.shape != expected:
            found = format_shape(self.weight.shape)
            raise ShapeError(f"a weight of {format_shape(expected)} is needed, found {found}", argument="weight")
        return self.weight
