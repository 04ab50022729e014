"""What the formulas of layers with windows share: padding by its definition, in PyTorch's functions.

Apart from `spatial.py`, which the tests compare with it: `same` is searched for here, and computed there.
"""

from __future__ import annotations

from typing import Any

PerAxis = int | tuple[int, ...]


def each(value: PerAxis, x: Any) -> list[int]:
    """A number for each spatial axis of `[C, …]`."""
    return [value] * (x.ndim - 1) if isinstance(value, int) else list(value)


def padded(
    torch: Any, x: Any, pad: Any, kernel: PerAxis, stride: PerAxis, dilation: PerAxis = 1, by: float = 0,
    ceil: bool = False,
) -> Any:  # fmt: skip
    """`[C, …]` with its padding around it, filled with the number `by`; `ceil` adds what begun strides need."""
    windows = zip(x.shape[1:], each(kernel, x), each(stride, x), each(dilation, x), strict=True)
    if pad == "same":
        totals = [_same(size, k + (k - 1) * (d - 1), s) for size, k, s, d in windows]
        pairs = [(total // 2, total - total // 2) for total in totals]
    else:
        pairs = [(item, item) if isinstance(item, int) else item for item in each(pad, x)]
    whole = torch.nn.functional.pad(x, [side for pair in reversed(pairs) for side in pair], value=by)
    return padded(torch, whole, begun(whole, kernel, stride, x, pad), kernel, stride, by=by) if ceil else whole


def begun(whole: Any, kernel: PerAxis, stride: PerAxis, x: Any, pad: Any) -> list[tuple[int, int]]:
    """For each axis of a padded map the padding that makes windows of what is left: those that begin before x ends."""
    found = []
    for axis, (k, s) in enumerate(zip(each(kernel, x), each(stride, x), strict=True)):
        size, length = x.shape[axis + 1], whole.shape[axis + 1]
        both = length - size
        front = both // 2 if pad == "same" or isinstance(pad, int) else _front(pad[axis])
        starts = [at for at in range(0, length, s) if at < front + size and at + k < length + s]
        found.append((0, max(starts[-1] + k - length, 0)))
    return found


def _front(item: Any) -> int:
    front: int = item if isinstance(item, int) else item[0]
    return front


def _same(size: int, extent: int, stride: int) -> int:
    """The least padding of an axis that gives a window for every `stride` elements, begun ones too."""
    return next(
        total for total in range(extent + stride) if len(range(0, size + total - extent + 1, stride)) * stride >= size
    )


def windows(x: Any, kernel: PerAxis, stride: PerAxis) -> Any:
    """The windows of `[C, H, W]` as `[C, H', W', kernel elements]`; of other ranks alike."""
    for axis, (k, s) in enumerate(zip(each(kernel, x), each(stride, x), strict=True), 1):
        x = x.unfold(axis, k, s)
    return x.flatten((x.ndim + 1) // 2)
