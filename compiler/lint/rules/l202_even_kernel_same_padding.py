"""L202: an even kernel with `pad=same`."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import WINDOWS, Axis
from netc.grammar.diagnostics import Diagnostic


@rule("L202")
def even_kernel_same_padding(subject: Subject) -> Iterator[Diagnostic]:
    """A kernel of even size with `pad=same` moves the map by half a pixel.

    ## What it does
    Finds convolutions and poolings of stride 1 with `pad=same` whose extent along an axis is even, so that there is one
    more element of padding at the end than at the beginning.

    ## Why is this bad
    An even window has no middle: each result lies between two places of the input, and every such layer moves the map
    further to one side. Positions, and sums with a skip connection, are off by half a pixel a layer; and the network
    sees one edge of the image, always the same one, with more padding than the other.

    ## Example
    ```
    net Moved {
      input image: 3x32x32
      conv(16, 4x4, pad=same, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Centred {
      input image: 3x32x32
      conv(16, 3x3, pad=same, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of(*WINDOWS):
            if getattr(layer.layer, "pad", None) == "same" and (axis := _uneven(wiring.axes(node))):
                odd = axis.kernel + 1 if axis.kernel > 2 else 3
                yield warning(
                    f"an even kernel with `pad=same` moves the map by {(axis.end - axis.begin) / 2:g} of a pixel",
                    layer.span,
                    f"the extent {axis.extent} is padded by {axis.begin} before and {axis.end} behind",
                    help=f"use an odd kernel: {axis.kernel - 1} or {odd}" if axis.kernel > 2 else "use a kernel of 3",
                )


def _uneven(axes: list[Axis]) -> Axis | None:
    even = (axis for axis in axes if axis.stride == 1 and axis.extent % 2 == 0)
    return next((axis for axis in even if axis.end > axis.begin), None)
