"""Where an element of a sequence stands, added to it or turned into it."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import SIZE, Optional_, Real, Word, argument
from netc.compiler.initializers.normal import Normal
from netc.compiler.ir import Builder, DType, Size, Value, format_shape
from netc.compiler.layers.base import (
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
from netc.compiler.ops.checks import surely_less

BASE = Real(1, open_low=True)


def angles(b: Builder, length: Size, width: int, base: float) -> Value:
    """`[length, width / 2]`: t / base^(2i / width) for the position t and the pair i, in radians."""
    places = b.Reshape(b.Cast(b.Iota(shape=(length,)), to=DType.FLOAT32), shape=(length, 1))
    return b.Mul(places, b.constant([base ** (-2 * pair / width) for pair in range(width // 2)]))


def rotated(b: Builder, x: Value, base: float) -> Value:
    """`[…, T, D]` with each pair of elements i and i + D / 2 turned by its angle at the position."""
    *_, length, width = x.shape
    assert isinstance(width, int)
    turn = angles(b, length, width, base)
    low, high = b.add("Split", (x,), {"axis": x.rank - 1, "sizes": (width // 2, width // 2)})
    cos, sin = b.Cos(turn), b.Sin(turn)
    left = b.Sub(b.Mul(low, cos), b.Mul(high, sin))
    right = b.Add(b.Mul(high, cos), b.Mul(low, sin))
    return b.Concat(left, right, axis=x.rank - 1)


@layer("positional")
class Positional(Layer):
    """Tells elements of a sequence `[T, C]` where they stand; the shape stays, T may be any length.

    `sinusoidal` adds sin(t / base^(2i/C)) at element 2i and cos of the same at 2i + 1 (Vaswani et al. 2017,
    arXiv:1706.03762). `learned` adds a row of a learned table for each position, up to `length` of them (GPT-2, BERT).
    `rotary` turns elements i and i + C/2 as a vector by t / base^(2i/C), of `[T, C]` or `[heads, T, C]` (Su et al.
    2021, arXiv:2104.09864); it belongs on queries and keys, as in `attention(…, rotary=true)`. Pairs are those of
    LLaMA in Hugging Face's form, where the paper has 2i and 2i + 1: a permutation of the weights in front.

    Parameters: with `learned` weight `[length, C]`, drawn from `normal(0.02)`.
    """

    also = (
        "positional_encoding",
        "position_encoding",
        "pos_encoding",
        Also("rotary", "write `positional(kind=rotary)`, or `attention(…, rotary=true)`"),
        Also("rope", "write `positional(kind=rotary)`, or `attention(…, rotary=true)`"),
        Also("RotaryEmbedding", "write `positional(kind=rotary)`, or `attention(…, rotary=true)`"),
        Also("PositionEmbedding(-sequence_length)", "write `positional(kind=learned, length=…)`"),
        Also("SinePositionEncoding", "`positional` adds it to what flows, where Keras gives the sines alone"),
    )

    kind: str = argument(Word(("sinusoidal", "learned", "rotary")), "how it is told", default="sinusoidal")
    length: int | None = argument(Optional_(SIZE), "how many positions a learned table has", default=None)
    base: float = argument(BASE, "how slow the slowest angle is, in sinusoidal and rotary", default=10000.0)

    samples = (
        Sample("positional", "5x8"),
        Sample("positional(kind=learned, length=9)", "6x4", params=36, weights={"weight": "9x4 normal"}),
        Sample("positional(learned, 12)", "[T, 4]", params=48),
        Sample("positional(kind=rotary)", "5x6"),
        Sample("positional(kind=rotary, base=100)", "2x7x4"),
        Sample("positional(sinusoidal, base=50)", "[T, 6]"),
    )
    errors = (
        Wrong("positional", "8", code="E301", says="positional works on a sequence `[T, C]`, found 8"),
        Wrong("positional", "5x7", code="E301", says="positional(kind=sinusoidal) takes elements in pairs, found 7"),
        Wrong("positional(kind=learned)", "5x8", code="E301", says="a learned table needs a length"),
        Wrong("positional(length=4)", "5x8", code="E301", says="only a learned table has a length"),
        Wrong("positional(kind=learned, length=4)", "5x8", code="E301", says="5 positions, and a table of 4"),
        Wrong("positional", "[T, C]", code="E304", says="the last axis C is not known while compiling"),
        Wrong("positional", "int 5x8", code="E302", says="positional works on floating-point numbers, found int64"),
        Wrong("positional(kind=cosine)", "5x8", code="E201", says="one of `sinusoidal`, `learned`, `rotary`"),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats("positional", x)
        shape = language_shape(x)
        if len(shape) < 2 or (len(shape) > 2 and self.kind != "rotary"):
            found = format_shape(shape) if shape else "a single number an example"
            raise ShapeError(f"positional works on a sequence `[T, C]`, found {found}")
        width = constant_size(shape[-1], "the last axis")
        if self.kind == "learned":
            return b.Add(x, self._table(b, shape[-2], width))
        if self.length is not None:
            raise ShapeError("only a learned table has a length", argument="length")
        if width % 2:
            raise ShapeError(f"positional(kind={self.kind}) takes elements in pairs, found {width}")
        if self.kind == "rotary":
            return rotated(b, x, self.base)
        turn = b.Reshape(angles(b, shape[-2], width, self.base), shape=(shape[-2], width // 2, 1))
        return b.Add(x, b.Reshape(b.Concat(b.Sin(turn), b.Cos(turn), axis=2), shape=(shape[-2], width)))

    def formula(self, torch: Any, x: Any, weight: Any = None) -> Any:
        *_, length, width = x.shape
        if self.kind == "learned":
            return x + torch.nn.functional.embedding(torch.arange(length), weight)
        places, pairs = torch.arange(length, dtype=x.dtype), torch.arange(width // 2, dtype=x.dtype)
        turn = torch.outer(places, self.base ** (-2 * pairs / width))
        if self.kind == "sinusoidal":
            y = torch.empty(length, width, dtype=x.dtype)
            y[:, 0::2], y[:, 1::2] = turn.sin(), turn.cos()
            return x + y
        turned = torch.complex(x[..., : width // 2], x[..., width // 2 :]) * torch.polar(torch.ones_like(turn), turn)
        return torch.cat([turned.real, turned.imag], -1)

    def _table(self, b: LayerBuilder, length: Size, width: int) -> Value:
        if self.length is None:
            raise ShapeError("a learned table needs a length", argument="kind", help="write `length=1024`, the most")
        if surely_less(self.length, length):
            raise ShapeError(f"{length} positions, and a table of {self.length}", argument="length")
        table = b.parameter("weight", (self.length, width), Normal())
        rows = b.Slice(table, starts=(0,), stops=(length,), axes=(0,), steps=(1,))
        return rows if isinstance(length, int) else b.CheckedShape(rows)
