"""L404: softmax along an axis of one element."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import format_shape, language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import other_word
from netc.compiler.lint.layers import SOFTMAXES
from netc.grammar.diagnostics import Change, Diagnostic


@rule("L404", fix="unsafe", changes=(Change.OUTPUTS, Change.STRUCTURE, Change.NAMES))
def softmax_of_one(subject: Subject) -> Iterator[Diagnostic]:
    """Softmax along an axis of one element always gives 1.

    ## What it does
    Finds `softmax` and `log_softmax`, also as `act=`, along an axis of size 1.

    ## Why is this bad
    Softmax divides by the sum, and the sum of one number is that number: the result is 1 for every input, the gradient
    0, and nothing before it learns. For a yes or no with one output `sigmoid` is meant; or the axis is the wrong one.

    ## Example
    ```
    net Sure {
      input x: 16
      dense(32, act=relu) -> dense(1) -> softmax
    }
    ```

    ## Use instead
    ```
    net Asked {
      input x: 16
      dense(32, act=relu) -> dense(1) -> sigmoid
    }
    ```
    """
    for net in subject.nets:
        for layer, node in subject.wiring(net).of("Softmax", "LogSoftmax"):
            axis = node.attributes["axis"]
            if node.inputs[0].shape[axis] == 1:
                vector = len(language_shape(node.inputs[0])) == 1
                yield warning(
                    f"softmax along an axis of one element gives {'1' if node.op == 'Softmax' else '0'} whatever it is",
                    layer.span,
                    f"axis {axis - 1} of {format_shape(language_shape(node.inputs[0]))}",
                    help="write `sigmoid` for a yes or no"
                    if vector
                    else "name the axis of the classes: `softmax(axis=0)`",
                    fix=other_word(layer.span, "sigmoid", subject)
                    if vector and layer.word in SOFTMAXES and not layer.argument_spans and node.op == "Softmax"
                    else None,
                )
