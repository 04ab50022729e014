"""L103: a large kernel over many channels."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import product
from netc.compiler.lint.base import Subject, rule, warning
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

SMALLEST = 7
WEIGHTS = 1_000_000


@rule("L103")
def costly_kernel(subject: Subject) -> Iterator[Diagnostic]:
    """A convolution of 7x7 or more mixes so many channels that it has a million weights.

    ## What it does
    Finds convolutions without groups and with stride 1 whose kernel is 7 or more along two axes, smaller than the map,
    and which have a million weights or more. Works out what 3x3 kernels with the same receptive field would have.

    ## Why is this bad
    A kernel of k x k costs k² for each pair of channels. Three layers of 3x3 see as much as one of 7x7, with 27 weights
    a pair in place of 49 and two activations more (Simonyan & Zisserman 2014, arXiv:1409.1556). Where one look over a
    wide neighbourhood is wanted, as in ConvNeXt, a depthwise 7x7 between two 1x1 layers has a fraction of either.

    ## Example
    ```
    net Wide {
      input image: 128x32x32
      conv(192, 7x7, pad=same, act=relu)
      global_avgpool -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Deep {
      input image: 128x32x32
      repeat 3 { conv(128, 3x3, pad=same, act=relu) }
      global_avgpool -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Conv"):
            filters, channels = node.inputs[1].shape[:2]
            sizes = node.inputs[1].shape[2:]
            if len(sizes) < 2 or not all(isinstance(size, int) and size >= SMALLEST for size in sizes):
                continue
            weights = product(node.inputs[1].shape)
            axes = wiring.axes(node)
            whole = bool(axes) and all(axis.size <= axis.extent for axis in axes)
            if not isinstance(weights, int) or weights < WEIGHTS or whole or max(node.attributes["strides"]) > 1:
                continue
            layers = (max(sizes) - 1) // 2
            each = 3 ** len(sizes) * filters
            instead = each * (channels + (layers - 1) * filters)
            apart = channels * product(tuple(sizes)) + channels * filters
            yield warning(
                f"a kernel of {'x'.join(map(str, sizes))} over {counted(channels, 'channel')} has {weights:,} weights",
                layer.span,
                f"{counted(layers, 'layer')} of 3x3 see as far with {instead:,}, depthwise and 1x1 with {apart:,}",
                help="stack 3x3 convolutions, or look with `depthwise` and mix with `conv(…, 1x1)`",
            )
