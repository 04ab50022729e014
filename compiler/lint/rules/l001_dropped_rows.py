"""L001: a convolution's stride that doesn't fit its input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node, format_shape
from netc.compiler.lint.base import Subject, rule, warning
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
            if any(_cut(axis.size, axis.extent, axis.stride, axis.begin, axis.end) for axis in wiring.axes(node)):
                yield _finding(layer, node, wiring)


def _finding(layer: LayerInstance, node: Node, wiring: Wiring) -> Diagnostic:
    sizes: Any = node.inputs[0].shape[2:]
    rank = len(sizes)
    attributes: dict[str, Any] = node.attributes
    strides, dilations, pads = attributes["strides"], attributes["dilations"], attributes["pads"]
    kernel: Any = node.inputs[1].shape[2:]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    axes = list(zip(sizes, reach, strides, pads[:rank], pads[rank:], strict=True))
    cuts = [_cut(*axis) for axis in axes]
    *some, last = [_plural(cut, name) for cut, name in zip(cuts, NAMES[rank], strict=True) if cut]
    lost = f"{', '.join(some)} and {last}" if some else last
    rest, step = next((s + b + e - r, t) for (s, r, t, b, e), cut in zip(axes, cuts, strict=True) if cut)
    fitting = [_fitting(*axis) for axis in axes]
    result = _by([(s + b + e - r) // t + 1 for (s, r, t, *_), (b, e) in zip(axes, fitting, strict=True)])
    source = wiring.maker(node.inputs[0])
    return warning(
        f"the stride leaves {lost} of the input unread",
        layer.span,
        f"input {_by(sizes)}, kernel {_by(kernel)}, stride {_by_or_one(strides)}"
        + (f", padding {_padding(list(zip(pads[:rank], pads[rank:], strict=True)))}" if any(pads) else ""),
        secondary=(Label(source.span, format_shape(node.inputs[0].shape[1:])),) if source else (),
        notes=[f"input + padding - kernel = {rest}, which is no multiple of the stride {step}"],
        help=f"use `pad={_padding(fitting)}`, which reads all of it and gives {result}",
    )


def _cut(size: int, reach: int, stride: int, begin: int, end: int) -> int:
    """Rows of the input behind the last window; those that a gap between windows would skip as well don't count."""
    rest = (size + begin + end - reach) % stride
    return max(0, rest - max(0, stride - reach) - end)


def _fitting(size: int, reach: int, stride: int, begin: int, end: int) -> tuple[int, int]:
    """The smallest padding that reads the whole axis: the same on both sides if there is one."""
    if not _cut(size, reach, stride, begin, end):
        return begin, end
    least = max(begin, end)
    lacking = (reach - size - 2 * least) % stride  # what twice the rest of the padding must be, but for whole strides
    if lacking % 2 == 0 or stride % 2 == 1:
        pad = least + (lacking + stride * (lacking % 2)) // 2
        if pad < reach:
            return pad, pad
    return begin, end + stride - (size + begin + end - reach) % stride


def _padding(pairs: list[tuple[int, int]]) -> str:
    if all(begin == end for begin, end in pairs):
        single = [begin for begin, _ in pairs]
        return str(single[0]) if len(set(single)) == 1 else str(single)
    return str([list(pair) for pair in pairs])


def _by(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _by_or_one(sizes: list[int]) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else _by(sizes)


def _plural(count: int, name: str) -> str:
    return counted(count, name)
