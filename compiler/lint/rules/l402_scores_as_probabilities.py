"""L402: raw scores where a loss takes probabilities."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.bounds import bounds_of
from netc.compiler.lint.edits import without_argument
from netc.compiler.lint.plans import is_raw
from netc.grammar.diagnostics import Change, Diagnostic, Label

ENDS = {"logits": "sigmoid", "log": "softplus"}


@rule("L402", fix="unsafe", changes=(Change.TRAINING,))
def scores_as_probabilities(subject: Subject) -> Iterator[Diagnostic]:
    """A loss is told that it gets probabilities or rates, and gets scores of any size.

    ## What it does
    Finds `binary_cross_entropy(…, logits=false)` and `poisson_nll(…, log=false)` whose prediction is the result of a
    layer with weights, of a norm, or of an activation that leaves the range: numbers below 0, or above 1.

    ## Why is this bad
    The logarithm of a negative number doesn't exist, so it is cut at that of 1e-37: the loss is 85, flat, and without a
    gradient wherever the score is outside. What is inside is a matter of chance.

    ## Example
    ```
    net Raw {
      input x: 16
      answer = dense(32, act=relu) -> dense(1)
    }
    train Raw { loss = binary_cross_entropy(answer, label, logits=false) }
    ```

    ## Use instead
    ```
    net Logits {
      input x: 16
      answer = dense(32, act=relu) -> dense(1)
    }
    train Logits { loss = binary_cross_entropy(answer, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for term in (term for plan in net.plans for term in plan.losses):
            given = term.loss.settings()
            if given.get("logits", True) and given.get("log", True):
                continue
            argument, highest, what = (
                ("log", float("inf"), "rate") if "log" in given else ("logits", 1.0, "probability")
            )
            layer = wiring.maker(wiring.origin(term.prediction))
            if layer is None or not is_raw(term.prediction, wiring) or bounds_of(term.prediction).within(0, highest):
                continue
            low, high = bounds_of(term.prediction)
            yield warning(
                f"{term.loss.word} with `{argument}=false` takes a {what}, found scores from {low:g} to {high:g}",
                term.span,
                f"a {what} is at least 0" + ("" if what == "rate" else " and at most 1"),
                secondary=(Label(layer.span, "makes them"),),
                help=f"leave `{argument}=false` out, or end the net with `{ENDS[argument]}`",
                fix=without_argument(term.span, argument, subject),
            )
