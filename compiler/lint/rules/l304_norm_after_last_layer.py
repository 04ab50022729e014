"""L304: a normalized prediction."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_layer
from netc.compiler.lint.layers import is_norm, keeps
from netc.compiler.lint.plans import OF_LOGITS, REGRESSION
from netc.grammar.diagnostics import Change, Diagnostic, Label

LOSSES = OF_LOGITS | REGRESSION | {"binary_cross_entropy"}


@rule("L304", fix="unsafe", changes=(Change.PARAMETERS, Change.STRUCTURE, Change.NAMES))
def norm_after_last_layer(subject: Subject) -> Iterator[Diagnostic]:
    """What a loss compares with the data was normalized last.

    ## What it does
    Finds losses of classes and of numbers whose prediction is the result of `batchnorm`, `layernorm` or another norm,
    with a target from the data.

    ## Why is this bad
    A norm brings the answers of a batch, or of an example, to mean 0 and variance 1, whatever they should be: each
    answer depends on what else is in the batch, classes that are rare come out as often as common ones, and logits
    cannot grow, which is how a classifier says that it is sure. What the last layer's weights say of size is taken out.

    ## Example
    ```
    net Levelled {
      input image: 1x28x28
      flatten -> dense(64, act=relu)
      logits = dense(10, bias=false) -> batchnorm
    }
    train Levelled { loss = cross_entropy(logits, label) }
    ```

    ## Use instead
    ```
    net Free {
      input image: 1x28x28
      flatten -> dense(64, bias=false) -> batchnorm -> relu
      logits = dense(10)
    }
    train Free { loss = cross_entropy(logits, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        told: set[Value] = set()
        for term in (term for plan in net.plans for term in plan.losses):
            if term.loss.word not in LOSSES or isinstance(term.target, Value) or term.prediction in told:
                continue
            told.add(term.prediction)
            norm = wiring.maker(wiring.back(term.prediction, keeps))
            if norm is not None and is_norm(norm):
                yield warning(
                    f"{norm.word} stands behind the last layer",
                    norm.span,
                    "brings all answers to one mean and one variance",
                    secondary=(Label(term.span, "compares them with the data"),),
                    help="leave it out, or put it before the last activation",
                    fix=without_layer(norm.span, subject),
                )
