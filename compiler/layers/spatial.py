"""What convolution and pooling share: sizes along the spatial axes, strides and padding.

A window of `kernel` elements, `dilation` apart, covers `extent = (kernel - 1) * dilation + 1`. It gives
`(size + pads - extent) // stride + 1` results; what does not fill a whole stride at the end is cut off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netc.compiler.declare.arguments import describe
from netc.compiler.ir import Shape, Size, Value, format_shape
from netc.compiler.layers.base import ShapeError, language_shape, require_floats
from netc.compiler.ops.checks import surely_less
from netc.grammar.counted import counted

PerAxis = int | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """How a kernel moves over the spatial axes, one number an axis; `pads` has all begins, then all ends."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    dilations: tuple[int, ...]
    pads: tuple[int, ...]

    @property
    def extents(self) -> tuple[int, ...]:
        """What the kernel covers, holes included."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.kernel, self.dilations, strict=True))

    def padded(self, sizes: Shape) -> Shape:
        """The spatial sizes with padding."""
        rank = len(sizes)
        return tuple(size + self.pads[i] + self.pads[rank + i] for i, size in enumerate(sizes))


def spatial_sizes(x: Value, word: str) -> Shape:
    """The spatial sizes of `[C, L]`, `[C, H, W]` or `[C, D, H, W]`; raises ShapeError for anything else."""
    require_floats(word, x)
    return require_map(x, word)


def require_map(x: Value, word: str) -> Shape:
    """The same of a map of any numbers."""
    shape = language_shape(x)
    if 2 <= len(shape) <= 4:
        return shape[1:]
    found = "a single number an example" if not shape else format_shape(shape)
    raise ShapeError(
        f"{word} works on channels and one to three spatial axes, found {found}",
        help="give the value a map's shape first, as with `reshape(64x7x7)`" if len(shape) < 2 else None,
    )


def window(
    x: Value, word: str, kernel: PerAxis, stride: PerAxis, pad: Any, dilation: PerAxis = 1, largest_pad: bool = False,
    ceil: bool = False,
) -> Window:  # fmt: skip
    """The window of a layer `word` over a map, checked against the map; raises ShapeError.

    `largest_pad` refuses a padding of the kernel's size or more, which would leave windows without an element. `ceil`
    adds padding at the ends so that what does not fill a whole stride gives a window too.
    """
    sizes = spatial_sizes(x, word)
    kernels = per_axis(kernel, x, "kernel")
    strides = per_axis(stride, x, "stride")
    dilations = per_axis(dilation, x, "dilation")
    extents = tuple((k - 1) * d + 1 for k, d in zip(kernels, dilations, strict=True))
    pads = same_pads(sizes, extents, strides) if pad == "same" else given_pads(pad, x)
    result = Window(kernels, strides, dilations, pads)
    rank = len(sizes)
    if largest_pad and any(pads[i] >= kernels[i % rank] for i in range(2 * rank)):
        raise ShapeError(
            f"padding of {max(pads)} around a kernel of {format_shape(kernels)} makes windows of nothing but padding",
            argument="pad",
            help="keep the padding below the kernel's size",
        )
    _check_fit(result, x, sizes)
    return Window(kernels, strides, dilations, ceil_pads(sizes, result)) if ceil else result


def per_axis(value: PerAxis, x: Value, argument: str) -> tuple[int, ...]:
    """A number for all spatial axes of x, or one for each; raises ShapeError where their count differs."""
    rank = len(language_shape(x)) - 1
    if isinstance(value, int):
        return (value,) * rank
    _check_count(len(value), x, argument, format_shape(value) if len(value) > 1 else describe(value))
    return value


def given_pads(pad: int | tuple[Any, ...], x: Value) -> tuple[int, ...]:
    """The pads for `pad=1`, `pad=[1, 2]` or `pad=[[0, 1], [2, 2]]`: begins, then ends."""
    rank = len(language_shape(x)) - 1
    if isinstance(pad, int):
        return (pad,) * (2 * rank)
    _check_count(len(pad), x, "pad", describe(pad))
    pairs = [(item, item) if isinstance(item, int) else item for item in pad]
    return (*(begin for begin, _ in pairs), *(end for _, end in pairs))


def same_pads(sizes: Shape, extents: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, ...]:
    """The pads that give `ceil(size / stride)` results: ONNX's SAME_UPPER, the odd element at the end."""
    totals = []
    for size, extent, stride in zip(sizes, extents, strides, strict=True):
        results = (size + stride - 1) // stride
        needed = (results - 1) * stride + extent - size
        if not isinstance(needed, int):
            raise ShapeError(
                f"`pad=same` with stride {stride} depends on {size}, which is not known while compiling",
                argument="pad",
                help=_divisible(size, stride) + ", or give the padding as numbers",
                code="E304",
            )
        totals.append(max(needed, 0))
    return (*(total // 2 for total in totals), *(total - total // 2 for total in totals))


def ceil_pads(sizes: Shape, window: Window) -> tuple[int, ...]:
    """The pads with more at the ends, for a last window that begins inside the map or the padding before it."""
    rank, pads = len(sizes), list(window.pads)
    for i, (size, room, extent, stride) in enumerate(
        zip(sizes, window.padded(sizes), window.extents, window.strides, strict=True)
    ):
        more = (room - extent + stride - 1) // stride * stride + extent - room
        if not isinstance(more, int):
            raise ShapeError(
                f"`ceil=true` with stride {stride} depends on {size}, which is not known while compiling",
                argument="ceil",
                help=_divisible(size, stride) + ", or leave `ceil` out",
                code="E304",
            )
        if more + pads[rank + i] < extent:
            pads[rank + i] += more
    return tuple(pads)


def _divisible(size: Size, stride: int) -> str:
    if str(size).isidentifier():
        return f"add `expect {size} % {stride} == 0` after the input"
    return "say with `expect` what divides the input's sizes, such as `expect H % 16 == 0`"


def _check_count(count: int, x: Value, argument: str, given: str) -> None:
    shape = language_shape(x)
    rank = len(shape) - 1
    if count == rank:
        return
    sizes, axes = ("size" if count == 1 else "sizes"), ("axis" if rank == 1 else "axes")
    help = f"give {counted(rank, 'number')}, or one for all" if rank > 1 else "give a single number"
    if rank == 1 and count == 2:
        help = f"give the map a channel axis, as in `1x{shape[0]}x{shape[1]}`, or a single number"
    raise ShapeError(
        f"{argument} {given} has {count} {sizes}, {format_shape(shape)} has {rank} spatial {axes}",
        argument=argument,
        help=help,
    )


def _check_fit(window: Window, x: Value, sizes: Shape) -> None:
    padded = window.padded(sizes)
    if not any(surely_less(size, extent) for size, extent in zip(padded, window.extents, strict=True)):
        return
    dilated = window.extents != window.kernel
    kernel = format_shape(window.kernel) + (f", {format_shape(window.extents)} with its dilation," if dilated else "")
    where = f"the padded map of {format_shape(padded)}" if any(window.pads) else f"the map of {format_shape(sizes)}"
    raise ShapeError(
        f"kernel {kernel} is larger than {where}",
        argument="kernel",
        help=_channels_first(x) or "take a smaller kernel, more padding, or fewer strides before it",
    )


def _channels_first(x: Value) -> str | None:
    """The repair of an input that is declared height x width x channels."""
    shape = language_shape(x)
    if x.node is not None or len(shape) != 3 or shape[2] not in (1, 3, 4) or shape[0] == shape[2]:
        return None
    height, width, channels = shape
    return f"write the channels first: `input {x.name}: {format_shape((channels, height, width))}`"


MOST_PLACES = 1 << 14
"""Places along an axis of a result each of which is worked out while compiling."""


def refuse_many_places(size: int, argument: str) -> None:
    """Refuse a result that takes too long to work out place by place; raises ShapeError."""
    if size > MOST_PLACES:
        raise ShapeError(f"{size:,} places along an axis", argument=argument, help=f"take at most {MOST_PLACES:,}")
