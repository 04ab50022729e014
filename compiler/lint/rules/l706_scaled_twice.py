"""L706: bytes, which are scaled already, divided once more."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import DType, Tensor, Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.wiring import data_inputs
from netc.compiler.net import Net
from netc.grammar.diagnostics import Diagnostic

FACTOR = 100.0


@rule("L706")
def scaled_twice(subject: Subject) -> Iterator[Diagnostic]:
    """The text divides bytes, which have been divided by 255 on their way in.

    ## What it does
    Finds an input that is divided by 100 or more, or multiplied by a hundredth or less, where it comes in as bytes: it
    is declared so (`image: bytes 28x28`), or the data at hand are.

    ## Why is this bad
    Bytes become numbers from 0 to 1 before the network sees them. Divided again they are at most 0.004: the first
    layer sees nearly nothing, only its biases learn, and the training crawls. Other frameworks give bytes as they are,
    and the line was right there.

    ## Example
    ```
    net Digits {
      input image: bytes 28x28
      image / 255 -> flatten -> dense(100, act=relu)
      logits = dense(10)
    }
    ```

    ## Use instead
    ```
    net Digits {
      input image: bytes 28x28
      image -> flatten -> dense(100, act=relu)
      logits = dense(10)
    }
    ```
    """
    for net in subject.nets:
        inputs = _bytes(subject, net)
        for layer in net.layers if inputs else ():
            factor = _factor(layer)
            sources = [subject.wiring(net).origin(value) for value in data_inputs(layer)]
            if factor is not None and factor <= 1 / FACTOR and len(sources) == 1 and _raw(sources[0]) in inputs:
                yield warning(
                    "bytes are divided once more",
                    layer.span,
                    f"they are from 0 to 1 already, and {factor:.2g} at most behind this",
                    help="leave the division out",
                )


def _bytes(subject: Subject, net: Net) -> set[Value]:
    """The inputs that come in as bytes."""
    card = subject.card(net)
    found = set()
    for value in net.inputs:
        data = card.input(value.name) if card is not None else None
        if value.dtype is DType.UINT8 or (data is not None and data.dtype == "uint8" and data.scale is None):
            found.add(value)
    return found


def _raw(value: Value) -> Value:
    """The input behind what brings bytes to numbers from 0 to 1."""
    while value.node is not None and value.node.op in ("Cast", "Div", "Transpose"):
        value = value.node.inputs[0]
    return value


def _factor(layer: LayerInstance) -> float | None:
    """What a division or multiplication by a number multiplies by."""
    node = layer.outputs[0].node
    if layer.word not in ("div", "mul") or node is None or node.op not in ("Div", "Mul") or len(node.inputs) != 2:
        return None
    numbers = [_number(value) for value in node.inputs]
    if node.op == "Div":
        return None if not numbers[1] else abs(1 / numbers[1])
    return next((abs(number) for number in numbers if number is not None), None)


def _number(value: Value) -> float | None:
    """The number that a constant holds, where it is one."""
    held = value.node.attributes.get("value") if value.node is not None and value.node.op == "Constant" else None
    return float(held.values[0]) if isinstance(held, Tensor) and len(held.values) == 1 else None
