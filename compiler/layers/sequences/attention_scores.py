"""What attention does between its projections: scores, what may be seen, weights, sums of values."""

from __future__ import annotations

from typing import NamedTuple

from netc.compiler.ir import DType, Shape, Value, format_shape, is_batched
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import LayerBuilder, language_shape
from netc.compiler.layers.sequences.positional import rotated

HIDDEN = 3.0e38
"""What is taken off a score that doesn't count: in float32 nothing is left of the score, and the sum stays finite."""

LOWEST = HIDDEN / 10
"""What a mask of numbers takes off at most. A position where it takes off as much is hidden."""


class Heads(NamedTuple):
    """How many heads of queries, how many of keys and values, and the width of one."""

    queries: int
    groups: int
    size: int

    @property
    def width(self) -> int:
        """The last axis of what flows."""
        return self.queries * self.size


def attend(
    b: LayerBuilder, heads: Heads, q: Value, k: Value, v: Value, *,
    causal: bool, mask: Value | None, rotary: bool, dropout: float,
) -> Value:  # fmt: skip
    """`[N, T, C]` of queries `[N, T, C]`, keys and values `[N, S, kv_heads * D]`.

    The heads that share keys stand one below the other, so that a group's scores are one product and keys and values
    are not repeated.
    """
    batch, length, _ = q.shape
    seen, shared = k.shape[1], heads.queries // heads.groups
    q = b.Mul(_apart(b, q, heads.queries, heads.size), heads.size**-0.5)
    k, v = _apart(b, k, heads.groups, heads.size), _apart(b, v, heads.groups, heads.size)
    if rotary:
        q, k = rotated(b, q, 10000.0), rotated(b, k, 10000.0)
    grouped = (batch, heads.groups, shared * length, heads.size)
    scores = b.MatMul(q if shared == 1 else b.Reshape(q, shape=grouped), b.Transpose(k, axes=(0, 1, 3, 2)))
    full = (batch, heads.queries, length, seen)
    scores = scores if shared == 1 else b.Reshape(scores, shape=full)
    allowed, added = _visible(b, scores, causal, mask)
    if allowed is not None:
        hidden = b.Mul(b.Sub(allowed, 1.0), HIDDEN)
        scores = b.Add(scores, hidden if added is None else b.Add(added, hidden))
    weights = b.Softmax(scores, axis=3)
    weights = b.Dropout(weights, rate=dropout) if dropout else weights
    y = b.MatMul(weights if shared == 1 else b.Reshape(weights, shape=(*grouped[:3], seen)), v)
    y = y if shared == 1 else b.Reshape(y, shape=(batch, heads.queries, length, heads.size))
    if mask is not None and allowed is not None:
        y = b.Mul(y, b.ReduceMax(allowed, axes=(allowed.rank - 1,), keepdims=True))
    return b.Reshape(b.Transpose(y, axes=(0, 2, 1, 3)), shape=(batch, length, heads.width))


def _apart(b: LayerBuilder, x: Value, count: int, size: int) -> Value:
    """`[N, T, count * size]` -> `[N, count, T, size]`."""
    return b.Transpose(b.Reshape(x, shape=(*x.shape[:2], count, size)), axes=(0, 2, 1, 3))


def _visible(b: LayerBuilder, scores: Value, causal: bool, mask: Value | None) -> tuple[Value | None, Value | None]:
    """1 where something may be attended to and 0 elsewhere, and what a mask of numbers adds; None for neither."""
    allowed = added = None
    if mask is not None:
        laid = b.Reshape(mask, shape=_beside(mask, scores))
        if mask.dtype is DType.BOOL:
            allowed = laid
        else:
            allowed, added = b.Greater(laid, -LOWEST), b.Max(laid, -LOWEST)
    if causal:
        length = scores.shape[2]
        rows, columns = b.Iota(shape=(length, 1)), b.Iota(shape=(1, length))
        before = b.Reshape(b.GreaterOrEqual(rows, columns), shape=(1, 1, length, length))
        allowed = before if allowed is None else b.And(allowed, before)
    return None if allowed is None else b.Cast(allowed, to=DType.FLOAT32), added


def _beside(mask: Value, scores: Value) -> Shape:
    """The shape in which a mask broadcasts against scores `[N, heads, T, S]`; refuses one that doesn't."""
    given, needed = language_shape(mask), scores.shape[1:]
    if mask.dtype not in (DType.BOOL, DType.FLOAT32):
        raise ShapeError(f"a mask holds truth values or floating-point numbers, found {mask.dtype}", argument="mask",
                         code="E302", help="whole numbers give truth values by `-> not_equal(than=0)`")  # fmt: skip
    fits = 1 <= len(given) <= 3 and all(
        one in (size, 1) for one, size in zip(given, needed[3 - len(given) :], strict=True)
    )
    if not fits or given[-1] != needed[-1]:
        shape = ", ".join(map(str, needed))
        raise ShapeError(f"a mask of {format_shape(given) or 'one number'} for scores of [{shape}]", argument="mask",
                         help="its shape is [S], [T, S] or [heads, T, S]")  # fmt: skip
    return (mask.shape[0] if is_batched(mask) else 1, *(1 for _ in needed[len(given) :]), *given)
