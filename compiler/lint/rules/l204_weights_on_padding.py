"""L204: weights of a kernel that only ever meet padding."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.ir import product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import Axis
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.25


@rule("L204")
def weights_on_padding(subject: Subject) -> Iterator[Diagnostic]:
    """A quarter or more of a kernel's weights only ever meet padding.

    ## What it does
    Finds convolutions whose kernel, with its dilation, reaches so far past a small map that some of its places never
    lie on an element of it, wherever the kernel stands, and counts them.

    ## Why is this bad
    These weights are multiplied by zeros alone: they have no effect, get no gradient, and cost what the others cost. A
    3x3 kernel on a map of 1x1 is a 1x1 convolution of nine times the size, and so is one whose dilation is as large as
    the map.

    ## Example
    ```
    net Wide {
      input image: 3x16x16
      conv(32, 3x3, pad=same, dilation=16, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Fitting {
      input image: 3x16x16
      conv(32, 3x3, pad=same, dilation=4, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Conv"):
            axes = wiring.axes(node)
            if all(axis.size >= axis.extent + axis.stride for axis in axes):
                continue
            whole, met = math.prod(axis.kernel for axis in axes), math.prod(map(_met, axes))
            weights = product(node.inputs[1].shape)
            if whole - met >= SHARE * whole and isinstance(weights, int):
                size = "x".join(str(axis.size) for axis in axes)
                yield warning(
                    f"{weights * (whole - met) // whole:,} of {weights:,} weights only ever meet padding",
                    layer.span,
                    f"{whole - met:,} of a kernel's {whole:,} places never lie on the map of {size}",
                    help="make the kernel or its dilation smaller, or the map larger by fewer strides before it",
                )


def _met(axis: Axis) -> int:
    """How many places of the kernel lie on the map wherever it may stand."""
    first_met = -((axis.begin - (axis.steps - 1) * axis.stride) // -axis.dilation)
    past = min(axis.kernel, -((axis.size + axis.begin) // -axis.dilation))
    low, high = max(0, first_met), max(0, past)
    on_it_at_once = min(max(low, -(axis.begin // -axis.dilation)), high)
    later = on_it_at_once - low  # places that begin in front of the map, and may step over it
    if axis.stride > axis.size:
        start = low * axis.dilation - axis.begin
        later = _sum_of_quotients(later, axis.dilation, start, axis.stride)
        later -= _sum_of_quotients(on_it_at_once - low, axis.dilation, start - axis.size, axis.stride)
    return max(0, high - on_it_at_once) + max(0, later)


def _sum_of_quotients(count: int, step: int, start: int, divisor: int) -> int:
    """The sum of (start + i step) // divisor for i from 0 to count - 1, in as many rounds as Euclid's algorithm has."""
    total = 0
    while count > 0:
        whole, step = divmod(step, divisor)
        total += whole * count * (count - 1) // 2
        whole, start = divmod(start, divisor)
        total += whole * count
        count, start = divmod(step * count + start, divisor)
        step, divisor = divisor, step
    return total
