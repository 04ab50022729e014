"""L401: a sigmoid before a loss that applies one itself."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import text_of, with_argument_at
from netc.compiler.lint.plans import made_of, takes_logits
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L401", fix="unsafe", changes=(Change.TRAINING,))
def sigmoid_before_logits(subject: Subject) -> Iterator[Diagnostic]:
    """A prediction goes through sigmoid, then into a loss that applies sigmoid itself.

    ## What it does
    Finds `binary_cross_entropy` and `focal(binary=true)` of logits, which they take unless told, whose prediction is
    the result of `sigmoid` or `hardsigmoid`, at most through dropout or a factor.

    ## Why is this bad
    A sigmoid of numbers between 0 and 1 is between 0.5 and 0.73: the network can never say no, and only half-heartedly
    yes. It trains all the same, slowly, to a loss that cannot fall below 0.31 for a yes and 0.69 for a no.

    ## Example
    ```
    net Twice {
      input x: 16
      answer = dense(32, act=relu) -> dense(1) -> sigmoid
    }
    train Twice { loss = binary_cross_entropy(answer, label) }
    ```

    ## Use instead
    ```
    net Once {
      input x: 16
      answer = dense(32, act=relu) -> dense(1)
    }
    train Once { loss = binary_cross_entropy(answer, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for term in (term for plan in net.plans for term in plan.losses if takes_logits(term)):
            node = made_of(term.prediction, wiring)
            if node is None or node.op not in ("Sigmoid", "HardSigmoid"):
                continue
            layer = wiring.layer_of.get(node)
            yield warning(
                f"{term.loss.word} takes logits, found the result of sigmoid",
                term.span,
                "applies sigmoid itself",
                secondary=(Label(layer.span, "sigmoid is applied here already"),) if layer else (),
                help="end the net before the sigmoid, or say `logits=false`"
                if term.loss.word == "binary_cross_entropy"
                else "end the net before the sigmoid",
                fix=with_argument_at(term.span, "logits=false", subject)
                if term.loss.word == "binary_cross_entropy"
                and term.prediction.node is node
                and "logits" not in text_of(term.span, subject)
                else None,
            )
