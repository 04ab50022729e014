"""L504: initial weights with which the signal vanishes or explodes on its way through the layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from netc.compiler.applications import LayerInstance
from netc.compiler.declare.parameter import Parameter
from netc.compiler.initializers.base import fans
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_argument
from netc.compiler.lint.layers import activation_of, is_activation, is_linear, keeps
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic, Label

LEAST, MOST = 1e-3, 1e3
HALVING = frozenset(("relu", "relu6", "leaky_relu"))
PASSING = frozenset(("maxpool", "avgpool"))
SAID = frozenset(("normal", "truncated_normal", "uniform"))


class Way(NamedTuple):
    """How many times as large a signal is as at the last norm or the input, and through which layers it came."""

    gain: float
    layers: tuple[LayerInstance, ...]


@rule("L504", fix="unsafe", changes=(Change.PARAMETERS,))
def signal_at_start(subject: Subject) -> Iterator[Diagnostic]:
    """With the weights that it starts from, the signal gets a thousand times smaller or larger on its way.

    ## What it does
    Multiplies, along layers that follow each other without a norm or a sum, the standard deviation of each layer's
    initial weights by the root of its inputs, halved in square by a rectifier, where some of these deviations are given
    in the text: `init=normal(0.01)`. Reports a product below 1/1000 or above 1000.

    ## Why is this bad
    What comes out is a thousandth of what went in, and the gradient shrinks by as much on its way back: the first
    steps, or the first epochs, do nothing. The other way round the first step is infinite. VGG's authors had to train
    its shallow version first for that reason. `he_normal`, and the default `he_uniform`, keep the product at 1.

    ## Example
    ```
    net Fading {
      input image: 3x32x32
      repeat 5 { conv(16, 3x3, pad=same, act=relu, init=normal(0.01)) }
      flatten -> dense(10)
    }
    ```

    ## Use instead
    ```
    net Even {
      input image: 3x32x32
      repeat 5 { conv(16, 3x3, pad=same, act=relu, init=he_normal) }
      flatten -> dense(10)
    }
    ```
    """
    for net in subject.nets:
        if any(getattr(item.initial, "word", "") in SAID for item in net.parameters):
            yield from _found(net, subject)


def _found(net: Net, subject: Subject) -> Iterator[Diagnostic]:
    wiring, ways, told = subject.wiring(net), dict[Value, Way](), set[int]()
    start = Way(1.0, ())
    for layer in net.layers:
        before = wiring.before(layer)
        way = ways.get(before[0], start) if len(before) == 1 else start
        if is_linear(layer):
            gain = _gain(layer)
            way = start if gain is None else Way(way.gain * gain, (*way.layers, layer))
        elif is_activation(layer) and layer.word in HALVING:
            way = way._replace(gain=way.gain * math.sqrt(0.5))
        elif not (keeps(layer) or layer.word in PASSING):
            way = start
        said = [item for item in way.layers if "init" in item.argument_spans]
        if said and not LEAST <= way.gain <= MOST and id(way.layers[0]) not in told:
            told.add(id(way.layers[0]))
            yield _finding(way, layer, said[0], subject)
        ways |= dict.fromkeys(layer.outputs, way)


def _gain(layer: LayerInstance) -> float | None:
    """How many times as large a layer makes a signal of mean 0, its activation included; None if unknown."""
    kernels = [item for item in layer.parameters if item.value.rank > 1]
    word = activation_of(layer)
    if len(kernels) != 1 or (word is not None and word not in HALVING):
        return None
    variance = _variance(kernels[0])
    if variance is None:
        return None
    shape: Any = kernels[0].value.shape
    return math.sqrt(variance * fans(shape, kernels[0].layout).fan_in * (0.5 if word else 1.0))


def _variance(parameter: Parameter) -> float | None:
    """Of what a parameter is drawn from."""
    initial: Any = parameter.initial
    shape: Any = parameter.value.shape
    fan_in, fan_out = fans(shape, parameter.layout)
    match getattr(initial, "word", ""):
        case "normal":
            return float(initial.std) ** 2
        case "uniform":
            return float(initial.bound) ** 2 / 3
        case "truncated_normal":
            return float(initial.std) ** 2
        case "he_normal" | "he_uniform":
            return 2.0 / fan_in
        case "lecun_normal":
            return 1.0 / fan_in
        case "glorot_normal" | "glorot_uniform":
            return float(initial.gain) ** 2 * 2.0 / (fan_in + fan_out)
    return None


def _finding(way: Way, last: LayerInstance, said: LayerInstance, subject: Subject) -> Diagnostic:
    times = f"{way.gain:.2g} times as large" if way.gain > 1 else f"{way.gain:.2g} of what went in"
    gain = _gain(said) or 1.0
    return warning(
        f"before training, the signal behind {counted(len(way.layers), 'layer')} is {times}",
        said.argument_spans["init"],
        f"this layer makes it {gain:.2g} times what it was",
        secondary=(Label(last.span, "here"),),
        help="leave `init` out, or write `init=he_normal`, which keeps it through rectifiers; or put norms between",
        fix=without_argument(said.span, "init", subject),
    )
