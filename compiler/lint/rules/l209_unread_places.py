"""L209: places of a map that nothing reads, because strides are larger than kernels."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.ir import Node, Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.windows import WINDOWS, Axis
from netc.compiler.lint.wiring import Wiring
from netc.grammar.diagnostics import Diagnostic, Label

MOST = 1_000_000
"""Places along an axis that windows read one after the other."""


@rule("L209")
def unread_places(subject: Subject) -> Iterator[Diagnostic]:
    """A stride larger than the kernel steps over places of a map that nothing else reads.

    ## What it does
    Finds maps that are read only by convolutions and poolings whose windows leave gaps, the same ones, and counts what
    lies in them. A 1x1 shortcut with a stride beside a branch that reads all is not reported, nor are windows that read
    more than a million places along an axis.

    ## Why is this bad
    What lies in the gaps was worked out and then thrown away: a 1x1 convolution of stride 2 reads a quarter of its map.
    The first residual networks had it so, and lost about half a percent of accuracy by it: later versions put the
    stride on the 3x3 convolution (He et al. 2018, arXiv:1812.01187).

    ## Example
    ```
    net Gaps {
      input image: 3x32x32
      conv(16, 3x3, pad=same, act=relu)
      conv(32, 1x1, stride=2, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Whole {
      input image: 3x32x32
      conv(16, 3x3, pad=same, act=relu)
      conv(32, 3x3, stride=2, pad=1, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        told: set[Value] = set()
        for layer, node in wiring.of(*WINDOWS):
            value, strides = node.inputs[0], node.attributes["strides"]
            if max(strides) == 1 or value in told or value in wiring.wanted or not _gaps(axes := wiring.axes(node)):
                continue
            if any(axis.steps * axis.kernel > MOST for axis in axes):
                continue
            told.add(value)
            if not _same_everywhere(value, axes, wiring):
                continue
            share = math.prod(len(_read(axis)) / axis.size for axis in axes)
            others = [other for other in wiring.readers_of(value) if other is not layer]
            yield warning(
                f"{100 * (1 - share):.0f} % of this map is never read",
                layer.span,
                f"steps of {max(strides)} with a kernel of {'x'.join(str(axis.kernel) for axis in axes)}",
                secondary=[Label(other.span, "reads the same places") for other in others],
                help="put the stride on a convolution with a larger kernel, or pool before it: `avgpool(2x2)`",
            )


def _gaps(axes: list[Axis]) -> bool:
    return any(axis.stride > axis.extent and axis.size > axis.stride for axis in axes)


def _read(axis: Axis) -> frozenset[int]:
    """The places along an axis that windows read."""
    starts = range(-axis.begin, axis.steps * axis.stride - axis.begin, axis.stride)
    reach = range(0, axis.extent, axis.dilation)
    return frozenset(start + at for start in starts for at in reach if 0 <= start + at < axis.size)


def _same_everywhere(value: Value, axes: list[Axis], wiring: Wiring) -> bool:
    """Whether all that reads a value are windows that read the same places of it."""
    read = [_read(axis) for axis in axes]

    def same(node: Node) -> bool:
        if node.op not in WINDOWS or node.inputs[0] is not value:
            return False
        theirs = wiring.axes(node)
        return all(axis.steps * axis.kernel <= MOST for axis in theirs) and [_read(axis) for axis in theirs] == read

    return all(map(same, wiring.readers[value]))
