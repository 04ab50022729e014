"""L705: large numbers that flow into weights as they are."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.evidence import InputData
from netc.compiler.lint.text import declaration
from netc.compiler.lint.wiring import Wiring, rearranges
from netc.grammar.diagnostics import Diagnostic, Label

LARGE = 20.0
BYTES = 255.0


@rule("L705")
def unscaled_input(subject: Subject) -> Iterator[Diagnostic]:
    """Data of large numbers flow into the first weights as they are.

    ## What it does
    With the data at hand, finds inputs with values beyond 20 whose first layer is a `conv`, `dense` or another one with
    weights: no norm, no division stands between. Bytes are divided by 255 on their way in and are fine.

    ## Why is this bad
    Weights are drawn so that inputs around 1 give outputs around 1. Inputs up to 1,000 give outputs a thousand times
    too large, and gradients as well: the training diverges, or a rate that is small enough for these makes all other
    weights stand still. Columns of different sizes are the common case: the largest drowns the others.

    ## Example
    ```json
    {"card": {"inputs": [{"name": "house", "dtype": "float32", "shape": [3], "low": 0, "high": 4500}]}}
    ```
    ```
    net Price {
      input house: 3
      dense(32, act=relu)
      price = dense(1)
    }
    train Price {
      loss      = mse(price, paid)
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```json
    {"card": {"inputs": [{"name": "house", "dtype": "float32", "shape": [3], "low": 0, "high": 4500}]}}
    ```
    ```
    net Price {
      input house: 3
      batchnorm
      dense(32, act=relu)
      price = dense(1)
    }
    train Price {
      loss      = mse(price, paid)
      optimizer = adam(lr=1e-3)
    }
    ```
    """
    for net in subject.nets:
        card = subject.card(net)
        for value in net.inputs if card is not None else ():
            data = card.input(value.name) if card is not None else None
            largest = _largest(data) if data is not None and value.dtype.is_float else 0.0
            layer = _first(value, subject.wiring(net)) if largest > LARGE else None
            if layer is not None and data is not None:
                declared = declaration(subject, net, value.name)
                span = net.span if declared is None else declared.span
                yield warning(
                    f"values up to {largest:g} flow into `{layer.path}` as they are",
                    span,
                    f"from {data.low or 0:g} to {data.high or 0:g} in the data",
                    secondary=(Label(layer.span, "its weights are drawn for inputs around 1"),)
                    if layer.span.file == span.file
                    else (),
                    help=f"put `batchnorm` behind the input, or `:scale={largest:g}` behind the data's name",
                )


def _largest(data: InputData) -> float:
    """The largest size of a number that flows in."""
    scale = data.scale or (BYTES if data.dtype == "uint8" else 1.0)
    return max(abs(data.low or 0.0), abs(data.high or 0.0)) / scale


def _first(value: Value, wiring: Wiring) -> LayerInstance | None:
    """The layer with weights that reads an input as it is."""
    waiting = [value]
    while waiting:
        for node in wiring.readers.get(waiting.pop(), []):
            layer = wiring.layer_of.get(node)
            if layer is not None and layer.layer is not None and type(layer.layer).linear and layer.parameters:
                return layer
            if rearranges(node):
                waiting.extend(node.outputs)
    return None
