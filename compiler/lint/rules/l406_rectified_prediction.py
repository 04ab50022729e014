"""L406: a prediction that went through a rectifier."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_argument, without_layer
from netc.compiler.lint.layers import RECTIFIERS, activation_of, keeps
from netc.compiler.lint.plans import OF_LOGITS, REGRESSION, takes_logits
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L406", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES))
def rectified_prediction(subject: Subject) -> Iterator[Diagnostic]:
    """What a loss compares with the data went through relu last.

    ## What it does
    Finds losses of numbers (`mse`, `mae`, `huber`, `smooth_l1`) and of logits (`cross_entropy`, `binary_cross_entropy`,
    `focal`, `kl`) of data, whose prediction ends in `relu` or `relu6`.

    ## Why is this bad
    The prediction can never be below 0, and where it would be, relu's gradient is 0: an output that starts below 0 for
    all examples never moves. As logits, all that speaks against a class is thrown away. If all targets are positive,
    `softplus` or the exponential keeps a gradient everywhere.

    ## Example
    ```
    net Clipped {
      input x: 16
      price = dense(32, act=relu) -> dense(1, act=relu)
    }
    train Clipped { loss = mse(price, target) }
    ```

    ## Use instead
    ```
    net Free {
      input x: 16
      price = dense(32, act=relu) -> dense(1)
    }
    train Free { loss = mse(price, target) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        told: set[Value] = set()
        for term in (term for plan in net.plans for term in plan.losses):
            takes = term.loss.word in REGRESSION or term.loss.word in OF_LOGITS or takes_logits(term)
            if not takes or isinstance(term.target, Value) or term.prediction in told:
                continue
            told.add(term.prediction)
            layer = wiring.maker(wiring.back(term.prediction, keeps))
            word = activation_of(layer) if layer is not None else None
            if layer is not None and word in RECTIFIERS:
                own = layer.word == word
                yield warning(
                    f"the prediction goes through {word} last",
                    layer.span,
                    "where it would be below 0 it is 0, and learns nothing",
                    secondary=(Label(term.span, "compares it with the data"),),
                    help=f"leave the {word} out; `softplus` keeps numbers positive",
                    fix=without_layer(layer.span, subject) if own else without_argument(layer.span, "act", subject),
                )
