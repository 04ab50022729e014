"""L806: a large kernel between many channels."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.facts.count import layer_flops
from netc.compiler.lint.base import Subject, rule, warning
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

SIDE = 7
CHANNELS = 32
SMALLEST = 20_000_000


@rule("L806")
def large_kernel(subject: Subject) -> Iterator[Diagnostic]:
    """A convolution has a kernel of 7x7 or more between 32 channels or more.

    ## What it does
    Finds convolutions without groups, with a stride of 1 and a kernel that is 7 or more both ways and smaller than its
    map, that read and make 32 channels or more and take 20 million multiply-accumulates. The first layer of a network
    reads the few channels of an image, and is left alone.

    ## Why is this bad
    Three layers of 3x3 see the same 7x7 with 27 weights for each pair of channels in the place of 49, and bend three
    times in the place of once (Simonyan and Zisserman 2014, arXiv:1409.1556). Where the large window itself is wanted,
    a depthwise convolution and one of 1x1 have it for a fraction, as ConvNeXt does.

    ## Example
    ```
    net Wide {
      input features: 64x32x32
      conv(64, 7x7, pad=same, act=relu)
      global_avgpool
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Deep {
      input features: 64x32x32
      repeat 3 { conv(64, 3x3, pad=same, act=relu) }
      global_avgpool
      logits = dense(10)
    }
    ```
    """
    for net in subject.nets:
        for layer in net.layers:
            node = next((node for node in layer.nodes if node.op == "Conv"), None) if layer.word == "conv" else None
            if node is None or node.attributes.get("group", 1) != 1:
                continue
            filters, channels, *kernel = node.inputs[1].shape
            sizes = node.inputs[0].shape[2:]
            strides = node.attributes.get("strides")
            ones = isinstance(strides, (list, tuple)) and all(stride == 1 for stride in strides)
            if not ones or len(kernel) != 2 or not all(isinstance(side, int) and side >= SIDE for side in kernel):
                continue
            covers = any(size == side for size, side in zip(sizes, kernel, strict=True))
            many = all(isinstance(count, int) and count >= CHANNELS for count in (filters, channels))
            work = layer_flops([layer])
            if many and not covers and isinstance(work, int) and work >= SMALLEST:
                height, width = (side for side in kernel if isinstance(side, int))
                layers = max(height, width) // 2
                yield warning(
                    f"a kernel of {height}x{width} between {channels} and {counted(filters, 'channel')}",
                    layer.span,
                    f"{work:,} multiply-accumulates",
                    help=f"{counted(layers, 'layer')} of 3x3 see as far for {9 * layers} weights in the place of "
                    f"{height * width}; `conv(groups={channels})` and a 1x1 for fewer still"
                    if 9 * layers < height * width
                    else f"`conv(groups={channels})` and a 1x1 see as far for a fraction",
                )
