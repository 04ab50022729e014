"""L205: padding so wide that windows lie on nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import Axis
from netc.grammar.diagnostics import Diagnostic


@rule("L205")
def windows_on_padding(subject: Subject) -> Iterator[Diagnostic]:
    """Padding is as wide as the kernel, so that some results are made of padding alone.

    ## What it does
    Finds convolutions with padding on one side that is at least as wide as the kernel with its dilation, and counts the
    results whose window lies on padding alone.

    ## Why is this bad
    These results are the same for every image: zero, or the bias. They put a frame around the map that says nothing,
    which later layers take for something seen, and they cost as much as the others. Mostly it is a `pad=1` that stayed
    when a 3x3 kernel became 1x1.

    ## Example
    ```
    net Framed {
      input image: 3x32x32
      conv(16, 1x1, pad=1, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Plain {
      input image: 3x32x32
      conv(16, 1x1, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Conv"):
            axes = wiring.axes(node)
            if any(max(axis.begin, axis.end) >= axis.extent for axis in axes):
                whole, seeing = math.prod(axis.steps for axis in axes), math.prod(map(_seeing, axes))
                largest = max(axes, key=lambda axis: max(axis.begin, axis.end) - axis.extent)
                yield warning(
                    f"{whole - seeing:,} of {whole:,} places of the result are made of padding alone",
                    layer.span,
                    f"padding of {max(largest.begin, largest.end)} around a kernel of {largest.extent}",
                    help=f"pad by {largest.extent // 2}, which keeps the size at stride 1"
                    if largest.extent > 1
                    else "leave `pad` out: a kernel of 1 needs none",
                )


def _seeing(axis: Axis) -> int:
    """How many windows along an axis lie on the map, at least in part."""
    before = max(0, (axis.begin - axis.extent) // axis.stride + 1)
    last = min(axis.steps - 1, (axis.size - 1 + axis.begin) // axis.stride)
    return max(0, last - before + 1)
