"""Means over the positions of a batch, where positions may count differently."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Shape, Value, is_batched, language_shape


def class_axis(prediction: Value) -> int:
    """The graph's axis of the classes: the last of `[C]` and of a sequence `[T, C]`, channels of a map `[C, H, W]`."""
    rank = len(language_shape(prediction))
    return int(is_batched(prediction)) if rank >= 3 else prediction.rank - 1


def positions_of(prediction: Value) -> Shape:
    """A prediction's shape without the axis of its classes, channels or features: `[N]`, `[N, T]`, `[N, H, W]`."""
    return without(prediction.shape, class_axis(prediction)) if language_shape(prediction) else prediction.shape


def without(shape: Shape, axis: int) -> Shape:
    """The shape without one axis."""
    return (*shape[:axis], *shape[axis + 1 :])


def mean(g: Builder, x: Value) -> Value:
    """The mean over everything, a scalar."""
    return g.ReduceMean(x, axes=tuple(range(x.rank)))


def total(g: Builder, x: Value) -> Value:
    """The sum over everything, a scalar."""
    return g.ReduceSum(x, axes=tuple(range(x.rank)))


def weighted_mean(g: Builder, each: Value, counts: Value | None, mask: Value | None, positions: Shape) -> Value:
    """The sum of `each` by the sum of how much they count: 1, or `counts`, times the mask. 0 where nothing counts."""
    if counts is None and mask is None:
        return mean(g, each)
    numerators, weights = weighted(g, each, counts, mask, positions)
    divisor = total(g, weights)
    some = g.Where(g.Equal(divisor, 0.0), 1.0, divisor)
    return total(g, g.Div(numerators, some))


def weighted(
    g: Builder, each: Value, counts: Value | None, mask: Value | None, positions: Shape
) -> tuple[Value, Value]:
    """What the sums of a weighted mean are over: the numbers, and how much they count."""
    if mask is None:
        return each, ones_like(g, each) if counts is None else counts
    shares = spread(g, mask, each, positions)
    return g.Mul(each, shares), shares if counts is None else g.Mul(counts, shares)


def ones_like(g: Builder, x: Value) -> Value:
    """As many ones."""
    return g.Expand(g.constant(1.0, DType.FLOAT32), shape=x.shape)


def spread(g: Builder, mask: Value, each: Value, positions: Shape) -> Value:
    """A mask over the first axes of the positions as one over all elements: `[N, H, W]`, `[N, H]` or `[N]` for
    `[N, C, H, W]`. What there is `each` of are positions, or the elements there."""
    if mask.dtype is not DType.FLOAT32:
        mask = g.Cast(mask, to=DType.FLOAT32)
    if mask.shape == each.shape:
        return mask
    shape = mask.shape
    if each.rank > len(positions):
        axis = class_axis(each)
        shape = (*shape[:axis], 1, *shape[axis:])
    shape = (*shape, *[1] * (each.rank - len(shape)))
    return g.Expand(g.Reshape(mask, shape=shape), shape=each.shape)
