"""L804: a convolution of single points at a size where it costs more than it must."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.facts.count import layer_flops
from netc.compiler.ir import language_shape, product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.grammar.diagnostics import Diagnostic, Label

SMALLEST = 1_000_000


@rule("L804")
def pointwise_at_large(subject: Subject) -> Iterator[Diagnostic]:
    """A 1x1 convolution comes right after `upsample`, or right before `global_avgpool`, and could be on the other side.

    ## What it does
    Finds a 1x1 convolution that reads nothing but the result of `upsample`, and one without activation that only
    `global_avgpool` reads, where a million multiply-accumulates or more would be saved.

    ## Why is this bad
    A 1x1 convolution mixes the channels of each place, upsampling and averaging mix the places of each channel: in
    either order the result is the same. On the small side it costs a fraction: a quarter before `upsample(2)`, one by
    the number of places behind the average.

    ## Example
    ```
    net Mask {
      input features: 256x32x32
      conv(64, 3x3, pad=same, act=relu)
      upsample(4)
      mask = conv(21, 1x1)
    }
    ```

    ## Use instead
    ```
    net Mask {
      input features: 256x32x32
      conv(64, 3x3, pad=same, act=relu)
      conv(21, 1x1)
      mask = upsample(4)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for other in net.layers:
            layer = _neighbour(other, wiring) if other.word in ("upsample", "global_avgpool") else None
            if layer is None or not _pointwise(layer):
                continue
            after = other.word == "upsample"
            large, small = data_inputs(other)[0], other.outputs[0]
            if after:
                large, small = small, large
            many, few = (product(language_shape(value)[1:]) for value in (large, small))
            work = layer_flops([layer])
            if not (isinstance(many, int) and isinstance(few, int) and isinstance(work, int)) or few >= many:
                continue
            if work - work * few // many >= SMALLEST:
                yield warning(
                    f"a 1x1 convolution {'behind' if after else 'in front of'} `{other.word}` does the same on the "
                    "other side of it",
                    layer.span,
                    f"{work:,} multiply-accumulates, there {work * few // many:,}",
                    secondary=(Label(other.span, f"{few:,} to {many:,} places" if after else f"{many:,} places"),)
                    if other.span.file == layer.span.file
                    else (),
                    help=f"put it {'in front of' if after else 'behind'} `{other.word}`",
                )


def _neighbour(other: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer that alone reads what `upsample` makes, or whose result only `global_avgpool` reads, where both orders
    give the same.
    """
    after = other.word == "upsample"
    value = other.outputs[0] if after else data_inputs(other)[0]
    readers = wiring.readers.get(value, [])
    if len(readers) != 1 or value in wiring.wanted:
        return None
    layer = wiring.layer_of.get(readers[0]) if after else wiring.maker(value)
    if layer is None or layer.layer is None or other.layer is None or layer.word != "conv":
        return None
    nearest = after and other.layer.settings()["mode"] == "nearest"
    return layer if nearest or layer.layer.settings()["act"] is None else None


def _pointwise(layer: LayerInstance) -> bool:
    """Whether a convolution is one of single places that keeps the size."""
    node = next(node for node in layer.nodes if node.op == "Conv")
    one = all(size == 1 for size in node.inputs[1].shape[2:])
    return one and language_shape(layer.outputs[0])[1:] == language_shape(data_inputs(layer)[0])[1:]
