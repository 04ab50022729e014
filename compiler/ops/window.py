"""Arithmetic of sliding windows, which convolution and pooling share."""

from __future__ import annotations

from netc.compiler.ir import Shape, Size, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.checks import shape_of, surely_less
from netc.grammar.counted import counted

Ints = tuple[int, ...]


def spatial(x: Value) -> Shape:
    """The one to three axes after batch and channels; raises ShapeError where there are none or more."""
    if not 3 <= x.rank <= 5:
        raise ShapeError(
            f"a map with channels and 1 to 3 spatial axes is needed, found {shape_of(x.shape)}",
            help="give it shape [C, H, W], for instance with `reshape`",
        )
    return x.shape[2:]


def check_settings(axes: int, **settings: Ints) -> None:
    """Each setting needs one positive number an axis (pads: two that are not negative)."""
    for name, numbers in settings.items():
        needed, least = (2 * axes, 0) if name == "pads" else (axes, 1)
        if len(numbers) != needed:
            word = "pad" if name == "pads" else name
            raise ShapeError(
                f"{word} has {counted(len(numbers), 'number')} for {counted(axes, 'spatial axis', 'spatial axes')}",
                argument=ARGUMENTS[name],
            )
        if any(number < least for number in numbers):
            raise ShapeError(f"{ARGUMENTS[name]} {list(numbers)} is below {least}", argument=ARGUMENTS[name])


ARGUMENTS = {"kernel": "kernel", "strides": "stride", "pads": "pad", "dilations": "dilation"}


def torch_pads(pads: Ints) -> list[int]:
    """Begins and ends as `torch.nn.functional.pad` takes them: pairs from the last axis to the first."""
    axes = len(pads) // 2
    return [pad for axis in reversed(range(axes)) for pad in (pads[axis], pads[axis + axes])]


def window_sizes(sizes: Shape, kernel: Shape, strides: Ints, pads: Ints, dilations: Ints | None = None) -> Shape:
    """How many windows fit along each axis; raises ShapeError where none does. An open question counts as fitting."""
    axes = len(sizes)
    out: list[Size] = []
    for axis, size in enumerate(sizes):
        extent = (kernel[axis] - 1) * (dilations[axis] if dilations else 1) + 1
        room = size + pads[axis] + pads[axis + axes]
        if surely_less(room, extent):
            padded = f" ({size} and padding)" if room != size else ""
            dilated = " with its dilation" if extent != kernel[axis] else ""
            raise ShapeError(
                f"a kernel of {extent}{dilated} does not fit into {room}{padded}",
                argument="kernel",
                help="use a smaller kernel or more padding",
            )
        out.append((room - extent) // strides[axis] + 1)
    return tuple(out)
