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
        for layer in net.layers:
            other = _after_upsampling(layer, wiring) or _before_average(layer, wiring)
            if other is None:
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


def _pointwise(layer: LayerInstance) -> bool:
    """Whether it is a 1x1 convolution that keeps the size."""
    node = next((node for node in layer.nodes if node.op == "Conv"), None)
    if layer.word != "conv" or node is None:
        return False
    one = all(size == 1 for size in node.inputs[1].shape[2:])
    return one and language_shape(layer.outputs[0])[1:] == language_shape(data_inputs(layer)[0])[1:]


def _after_upsampling(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The `upsample` whose result only this 1x1 convolution reads."""
    if not _pointwise(layer):
        return None
    value = data_inputs(layer)[0]
    maker = wiring.maker(value)
    exact = maker is not None and maker.layer is not None and maker.word == "upsample"
    if not exact or maker is None or maker.layer is None or not wiring.read_by(value, "Conv"):
        return None
    nearest = maker.layer.settings().get("mode") == "nearest"
    linear = layer.layer is not None and layer.layer.settings().get("act") is None
    return maker if (nearest or linear) and len(wiring.readers.get(value, [])) == 1 else None


def _before_average(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The `global_avgpool` that alone reads this 1x1 convolution, which no activation follows."""
    if not _pointwise(layer) or layer.layer is None or layer.layer.settings().get("act") is not None:
        return None
    value = layer.outputs[0]
    readers = wiring.readers.get(value, [])
    reader = wiring.layer_of.get(readers[0]) if len(readers) == 1 and value not in wiring.wanted else None
    return reader if reader is not None and reader.word == "global_avgpool" else None
