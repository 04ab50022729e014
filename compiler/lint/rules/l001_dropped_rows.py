"""L001: a convolution's stride that doesn't fit its input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, format_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import Axis
from netc.compiler.lint.wiring import Wiring
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

NAMES = {1: ("step",), 2: ("row", "column"), 3: ("plane", "row", "column")}


@rule("L001", check=True)
def dropped_rows(subject: Subject) -> Iterator[Diagnostic]:
    """A convolution's stride leaves rows or columns of its input unread.

    ## What it does
    Finds convolutions whose window, moved by its stride, stops before the end of the input, so that the last rows or
    columns are never read. A cut that only takes padding away is not reported, nor are the rows between the windows
    of a stride larger than its kernel, nor pooling, where cutting the odd row is the custom.

    ## Why is this bad
    The network ignores one edge of every image, always the same one. Usually the sizes were simply not worked out:
    (input + padding - kernel) should be a multiple of the stride.

    ## Example
    ```
    net Cut {
      input image: 1x7x7
      conv(8, 5x5, stride=3)            # (7 - 5) / 3 isn't whole: rows 6 and 7 are never read
    }
    ```

    ## Use instead
    ```
    net Whole {
      input image: 1x7x7
      conv(8, 5x5, stride=3, pad=2)     # (7 + 4 - 5) / 3 = 2, so the result is 3x3
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Conv"):
            axes = wiring.axes(node)
            if any(map(_cut, axes)):
                yield _finding(layer, node, axes, wiring)


def _finding(layer: LayerInstance, node: Node, axes: list[Axis], wiring: Wiring) -> Diagnostic:
    cuts = [_cut(axis) for axis in axes]
    names = NAMES[len(axes)]
    *some, last = [counted(cut, name) for cut, name in zip(cuts, names, strict=True) if cut]
    lost = f"{', '.join(some)} and {last}" if some else last
    first = next(axis for axis, cut in zip(axes, cuts, strict=True) if cut)
    pads, fitting = [(axis.begin, axis.end) for axis in axes], [_fitting(axis) for axis in axes]
    padded = [axis._replace(begin=begin, end=end) for axis, (begin, end) in zip(axes, fitting, strict=True)]
    source = wiring.maker(node.inputs[0])
    return warning(
        f"the stride leaves {lost} of the input unread",
        layer.span,
        f"input {_by([axis.size for axis in axes])}, kernel {_by([axis.kernel for axis in axes])}, "
        f"stride {_by_or_one([axis.stride for axis in axes])}"
        + (f", padding {_padding(pads)}" if any(map(any, pads)) else ""),
        secondary=(Label(source.span, format_shape(node.inputs[0].shape[1:])),) if source else (),
        notes=[f"input + padding - kernel = {_rest(first)}, which is no multiple of the stride {first.stride}"],
        help=f"use `pad={_padding(fitting)}`, which reads all of it and gives {_by([axis.steps for axis in padded])}",
    )


def _rest(axis: Axis) -> int:
    """How much longer a padded map is than its window."""
    return axis.size + axis.begin + axis.end - axis.extent


def _cut(axis: Axis) -> int:
    """Rows of the input behind the last window; those that a gap between windows would skip as well don't count."""
    return max(0, _rest(axis) % axis.stride - max(0, axis.stride - axis.extent) - axis.end)


def _fitting(axis: Axis) -> tuple[int, int]:
    """The smallest padding that reads the whole axis: the same on both sides if there is one."""
    if not _cut(axis):
        return axis.begin, axis.end
    least, stride = max(axis.begin, axis.end), axis.stride
    lacking = (axis.extent - axis.size - 2 * least) % stride  # twice the rest of the padding, but for whole strides
    if lacking % 2 == 0 or stride % 2 == 1:
        pad = least + (lacking + stride * (lacking % 2)) // 2
        if pad < axis.extent:
            return pad, pad
    return axis.begin, axis.end + stride - _rest(axis) % stride


def _padding(pairs: list[tuple[int, int]]) -> str:
    if all(begin == end for begin, end in pairs):
        single = [begin for begin, _ in pairs]
        return str(single[0]) if len(set(single)) == 1 else str(single)
    return str([list(pair) for pair in pairs])


def _by(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _by_or_one(sizes: list[int]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else _by(sizes)
