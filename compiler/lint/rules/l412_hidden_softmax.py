"""L412: softmax between two layers with weights."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.layers import is_linear, keeps
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L412")
def hidden_softmax(subject: Subject) -> Iterator[Diagnostic]:
    """Softmax is the activation of a hidden layer.

    ## What it does
    Finds `softmax` whose result a convolution or dense layer multiplies by its weights. Weights of attention, which
    multiply values of the network, are another thing.

    ## Why is this bad
    Softmax makes its results sum to 1: a unit can only say something by taking it from all others, each is about 1 / n,
    and the layer behind it gets next to nothing of differences in size. Its slopes are as small, so that the gradient
    vanishes in a single layer. It belongs at the end, where the answers exclude each other.

    ## Example
    ```
    net Competing {
      input x: 16
      dense(32, act=softmax)
      dense(4)
    }
    ```

    ## Use instead
    ```
    net Free {
      input x: 16
      dense(32, act=relu)
      dense(4)
    }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for layer, node in wiring.of("Softmax"):
            if not layer.outputs or node.outputs[0] is not layer.outputs[0]:
                continue
            reader = wiring.only_reader(layer.outputs[0])
            while reader is not None and keeps(reader):
                reader = wiring.only_reader(reader.outputs[0])
            size = node.inputs[0].shape[node.attributes["axis"]]
            if reader is not None and is_linear(reader):
                yield warning(
                    "softmax between two layers with weights",
                    layer.span,
                    f"its {size} results sum to 1",
                    secondary=(Label(reader.span, "multiplied by weights here"),),
                    help="use `relu`, `gelu` or `tanh` in a hidden layer",
                )
