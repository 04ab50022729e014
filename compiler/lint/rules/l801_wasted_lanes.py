"""L801: channels that leave parts of the processor's vectors empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Size
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.cost import whole, work
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

LANES = 8
"""Channels in a block: of AVX2, and of the tensor cores' products in 16 bits. AVX-512 has 16."""
SHARE = 0.25
SMALLEST = 5_000_000
FEW = 4
"""Input channels, such as those of an image, that no target lays out in blocks."""


@dataclass(frozen=True, slots=True)
class _Wasteful:
    layer: LayerInstance
    extra: float
    filters: int


@rule("L801")
def wasted_lanes(subject: Subject) -> Iterator[Diagnostic]:
    """Channels that are no multiple of 8 make a network work for a quarter more than it has.

    ## What it does
    Adds up the work of convolutions with their channels rounded up to multiples of 8, in networks of 5 million
    multiply-accumulates or more, and reports the layer that wastes the most where that comes to a quarter of the
    whole. Inputs of up to 4 channels are not rounded.

    ## Why is this bad
    Processors compute 8 or 16 channels at once, tensor cores take multiples of 8. 12 channels cost what 16 do, and 20
    what 24 do. In the measurements of docs/performance.md LeNet-5, with 6 and 16 channels, reaches 43 GFLOP/s in a
    training step, ResNet-20, with 16 to 64, 141 and VGG-16, with 64 to 512, 261 on the same machine.

    ## Example
    ```
    net Narrow {
      input image: 3x64x64
      conv(12, 3x3, pad=same, act=relu)
      conv(12, 3x3, pad=same, act=relu)
      conv(20, 3x3, pad=same, act=relu)
      global_avgpool
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Full {
      input image: 3x64x64
      conv(16, 3x3, pad=same, act=relu)
      conv(16, 3x3, pad=same, act=relu)
      conv(24, 3x3, pad=same, act=relu)
      global_avgpool
      logits = dense(10)
    }
    ```
    """
    for net in subject.nets:
        works = work(subject, net)
        total = whole(works)
        if total is None or total < SMALLEST:
            continue
        found = sorted(_wasteful(net, works), key=lambda item: -item.extra)
        extra = sum(item.extra for item in found)
        if extra >= SHARE * total:
            worst = found[0]
            yield warning(
                f"channels that are no multiple of {LANES} add {100 * extra / total:.0f} % of work",
                worst.layer.span,
                f"{counted(worst.filters, 'channel')} cost as much as {_up(worst.filters)}",
                secondary=[
                    Label(item.layer.span, f"{item.filters} as much as {_up(item.filters)}")
                    for item in found[1:4]
                    if item.layer.span.file == worst.layer.span.file and item.layer.span != worst.layer.span
                ],
                help=f"take {counted(_up(worst.filters), 'channel')} here, which cost the same"
                + (f", or {worst.filters // LANES * LANES}" if worst.filters > LANES else ""),
            )


def _wasteful(net: Net, works: Mapping[int, Size]) -> Iterator[_Wasteful]:
    """The convolutions whose channels don't fill blocks, and the work that the empty places cost."""
    for layer in net.layers:
        size = works.get(id(layer)) if layer.word == "conv" else None
        node = next((node for node in layer.nodes if node.op == "Conv"), None)
        if node is None or not isinstance(size, int) or node.attributes.get("group", 1) != 1:
            continue
        filters, channels = node.inputs[1].shape[:2]
        if isinstance(filters, int) and isinstance(channels, int) and not _is_output(net, layer):
            padded = _up(filters) * (channels if channels <= FEW else _up(channels))
            extra = size * (padded / (filters * channels) - 1)
            if extra:
                yield _Wasteful(layer, extra, filters)


def _is_output(net: Net, layer: LayerInstance) -> bool:
    """Whether a layer makes an output, whose channels are what was asked for."""
    return any(value in layer.outputs for value in net.outputs.values())


def _up(channels: int) -> int:
    return -(-channels // LANES) * LANES
