"""L004: one layer that holds most of the parameters."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import format_shape, language_shape, product
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import Wiring, data_inputs
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label

LAYERS = 3


@rule("L004", share=0.5, smallest=1_000_000)
def top_heavy_layer(subject: Subject) -> Iterator[Diagnostic]:
    """One layer holds more than half of the parameters.

    ## What it does
    Finds a layer with at least a million parameters that are more than half of the network's, in networks with three or
    more layers that have any, and works out what averaging the map before it would save.

    ## Why is this bad
    It is nearly always the first dense layer after `flatten`, which has one weight for each pixel, channel and unit.
    Such a layer makes the file large, learns slowly and overfits, while the convolutions before it stay small. VGG-16
    keeps 103 of its 138 million parameters there; the networks that came after it average the map instead.

    ## Example
    ```
    net Heavy {
      input image: 3x64x64
      conv(64, 3x3, pad=same, act=relu)
      flatten
      dense(64, act=relu)               # 64 * 64 * 64 * 64 = 16.8 million weights
      dense(10)
    }
    ```

    ## Use instead
    ```
    net Light {
      input image: 3x64x64
      conv(64, 3x3, pad=same, act=relu)
      global_avgpool
      dense(64, act=relu)               # 64 * 64 = 4,096 weights
      dense(10)
    }
    ```
    """
    share, smallest = subject.setting("L004", "share"), subject.setting("L004", "smallest")
    for net in subject.nets:
        counts = subject.wiring(net).weighted
        total = sum(count for _, count in counts)
        for layer, count in counts:
            if len(counts) >= LAYERS and count >= smallest and count > share * total:
                flatten = _flattened(layer, subject.wiring(net))
                saved = _saved(layer, flatten) if flatten else 0
                yield warning(
                    f"one layer holds {100 * count // total} % of the parameters",
                    layer.span,
                    f"{count:,} of {counted(total, 'parameter')}",
                    secondary=(Label(flatten.span, f"flattens {_shape(flatten)}"),) if flatten else (),
                    notes=(f"averaged, it would have {count - saved:,}, and the net {total - saved:,}",)
                    if saved
                    else (),
                    help="average the map with `global_avgpool` instead of flattening it, or pool it smaller before"
                    if flatten
                    else "make this layer, or what flows into it, smaller",
                )


def _flattened(layer: LayerInstance, wiring: Wiring) -> LayerInstance | None:
    """The layer that flattens a map for this one."""
    makers = [wiring.maker(value) for value in data_inputs(layer)]
    while makers and makers[0] is not None and makers[0].word == "dropout":
        makers = [wiring.maker(value) for value in data_inputs(makers[0])]
    first = makers[0] if makers else None
    if first is None or first.word != "flatten":
        return None
    return first if (len(language_shape(first.inputs[0])), len(language_shape(first.outputs[0]))) == (3, 1) else None


def _saved(layer: LayerInstance, flatten: LayerInstance) -> int:
    """The weights that it has for places of the map: all but one for each channel."""
    channels, *sizes = language_shape(flatten.inputs[0])
    places = product(tuple(sizes))
    weight = max(item.count for item in layer.parameters)
    return weight - weight // places if isinstance(places, int) and isinstance(channels, int) else 0


def _shape(layer: LayerInstance) -> str:
    (length,) = language_shape(layer.outputs[0])
    return f"{format_shape(language_shape(layer.inputs[0]))} to {counted(length, 'number')}"
