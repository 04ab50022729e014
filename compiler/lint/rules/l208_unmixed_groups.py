"""L208: grouped convolutions in a row between which no channels change groups."""

from __future__ import annotations

import math
from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Node
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import is_activation, is_norm
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

POOLS = frozenset(("maxpool", "avgpool", "dropout", "spatial_dropout"))


@rule("L208")
def unmixed_groups(subject: Subject) -> Iterator[Diagnostic]:
    """Two grouped convolutions follow each other, and no channel goes from one group to another between them.

    ## What it does
    Finds a convolution with groups whose input is another convolution's with groups that have a divisor in common, at
    most normalized, activated and pooled. Depthwise ones, of a group for each channel, are left alone.

    ## Why is this bad
    The groups are networks of their own that never learn of each other: each sees its share of the channels through all
    these layers. That is how AlexNet was split over two cards; where it isn't meant, a 1x1 convolution without groups
    or a shuffle of the channels (Zhang et al. 2017, arXiv:1707.01083) mixes them.

    ## Example
    ```
    net Apart {
      input image: 32x16x16
      conv(64, 3x3, pad=same, groups=4, act=relu)
      conv(64, 3x3, pad=same, groups=4, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Mixed {
      input image: 32x16x16
      conv(64, 3x3, pad=same, groups=4, act=relu)
      conv(64, 1x1, act=relu)
      conv(64, 3x3, pad=same, groups=4, act=relu)
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        grouped = {layer: node for layer, node in wiring.of("Conv") if _is_grouped(node)}
        for layer, node in grouped.items() if len(grouped) > 1 else ():
            first = wiring.maker(wiring.back(node.inputs[0], _keeps_channels))
            if first is None or first not in grouped:
                continue
            shared = math.gcd(grouped[first].attributes["group"], node.attributes["group"])
            channels = node.inputs[0].shape[1]
            if shared > 1 and isinstance(channels, int):
                yield warning(
                    f"{counted(shared, 'channel group')} never meet in two convolutions in a row",
                    layer.span,
                    f"each sees {channels // shared} of {counted(channels, 'channel')}, as before",
                    secondary=(Label(first.span, f"{counted(grouped[first].attributes['group'], 'group')} already"),),
                    help=f"put `conv({channels}, 1x1)` between them, or leave `groups` out of one",
                )


def _is_grouped(node: Node) -> bool:
    groups, filters = node.attributes["group"], node.inputs[1].shape[0]
    return groups > 1 and groups not in (filters, node.inputs[0].shape[1])


def _keeps_channels(layer: LayerInstance) -> bool:
    return is_activation(layer) or is_norm(layer) or layer.word in POOLS
