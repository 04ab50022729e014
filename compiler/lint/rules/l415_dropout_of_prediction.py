"""L415: dropout behind the last layer."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_layer
from netc.compiler.lint.layers import drops, keeps, rate
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L415", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def dropout_of_prediction(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout is applied to the prediction itself.

    ## What it does
    Finds losses whose prediction is the result of `dropout` or `spatial_dropout`, with a target from the data.

    ## Why is this bad
    In training a share of the answers is set to 0 and the others are made larger, and the loss blames the network for
    both. A logit of 0 is no missing answer but one among others, so that nothing it does makes these examples right.
    Dropout belongs before the last layer with weights.

    ## Example
    ```
    net Behind {
      input x: 16
      logits = dense(64, act=relu) -> dense(4) -> dropout(0.3)
    }
    train Behind { loss = cross_entropy(logits, label) }
    ```

    ## Use instead
    ```
    net Before {
      input x: 16
      logits = dense(64, act=relu) -> dropout(0.3) -> dense(4)
    }
    train Before { loss = cross_entropy(logits, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        told: set[LayerInstance] = set()
        for term in (term for plan in net.plans for term in plan.losses if not isinstance(term.target, Value)):
            layer = wiring.maker(wiring.back(term.prediction, _arranges))
            if layer is not None and drops(layer) and layer not in told:
                told.add(layer)
                yield warning(
                    f"{layer.word} is applied to the prediction",
                    layer.span,
                    f"sets {100 * rate(layer):g} % of the answers to 0 in training",
                    secondary=(Label(term.span, "compares them with the data"),),
                    help="put it before the last layer with weights",
                    fix=without_layer(layer.span, subject),
                )


def _arranges(layer: LayerInstance) -> bool:
    return keeps(layer) and not drops(layer)
