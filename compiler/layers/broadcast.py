"""Values of several shapes that meet element by element: aligned at the last axis of an example, as arithmetic is."""

from __future__ import annotations

from netc.compiler.ir import Value, format_shape, is_batched
from netc.compiler.layers.base import LayerBuilder, ShapeError, language_shape
from netc.compiler.ops import broadcast


def together(b: LayerBuilder, word: str, *x: Value) -> tuple[Value, ...]:
    """The values, those with a batch under as many axes as the longest has behind it; raises ShapeError E301."""
    rank, shape = max(len(language_shape(item)) for item in x), language_shape(x[0])
    for at, item in enumerate(x[1:], 1):
        try:
            shape = broadcast(shape, language_shape(item))
        except ShapeError:
            found = f"{format_shape(shape)} and {format_shape(language_shape(item))}"
            raise ShapeError(
                f"{word} cannot broadcast {found}",
                at=at,
                label=found,
                help="sizes are aligned at the last axis; each pair must be equal, or one of them 1",
            ) from None
    return tuple(_aligned(b, item, rank) for item in x)


def _aligned(b: LayerBuilder, x: Value, rank: int) -> Value:
    sizes = language_shape(x)
    if not is_batched(x) or len(sizes) == rank:
        return x
    return b.Reshape(x, shape=(x.shape[0], *(1 for _ in range(rank - len(sizes))), *sizes))
