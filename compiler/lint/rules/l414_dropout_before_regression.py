"""L414: dropout before the last layer of a regression."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_layer
from netc.compiler.lint.layers import drops, ends_linear, keeps, rate
from netc.compiler.lint.plans import REGRESSION
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L414", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def dropout_before_regression(subject: Subject) -> Iterator[Diagnostic]:
    """Dropout stands right before the last layer of a regression.

    ## What it does
    Finds `dropout` right before the layer whose result `mse`, `mae`, `huber` or `smooth_l1` compares with data.

    ## Why is this bad
    A classifier's answer stays the same when all its logits shrink; a number does not. With dropout before it the
    squared error has, on average, a second part, rate / (1 - rate) times the sum of the last layer's weights and inputs
    squared, which is smallest where the net answers nothing but its bias: predictions are drawn to the mean. Put
    dropout further to the front, or use weight decay, which has a factor of its own.

    ## Example
    ```
    net Shrinking {
      input x: 16
      price = dense(64, act=relu) -> dense(32, act=relu) -> dropout(0.3) -> dense(1)
    }
    train Shrinking { loss = mse(price, target) }
    ```

    ## Use instead
    ```
    net Straight {
      input x: 16
      price = dense(64, act=relu) -> dropout(0.3) -> dense(32, act=relu) -> dense(1)
    }
    train Straight { loss = mse(price, target) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        told: set[Value] = set()
        for term in (term for plan in net.plans for term in plan.losses if term.loss.word in REGRESSION):
            last = wiring.maker(wiring.back(term.prediction, _arranges))
            if isinstance(term.target, Value) or last is None or not ends_linear(last) or term.prediction in told:
                continue
            told.add(term.prediction)
            dropout = wiring.maker(wiring.back(last.inputs[0], _arranges))
            if dropout is not None and drops(dropout):
                share = rate(dropout)
                yield warning(
                    "dropout right before the last layer of a regression",
                    dropout.span,
                    f"adds {share / (1 - share):.2g} times the size of what it drops to the squared error",
                    secondary=(Label(term.span, "compares numbers"),),
                    help="put it before an earlier layer, or use `weight_decay`",
                    fix=without_layer(dropout.span, subject),
                )


def _arranges(layer: LayerInstance) -> bool:
    return keeps(layer) and not drops(layer)
