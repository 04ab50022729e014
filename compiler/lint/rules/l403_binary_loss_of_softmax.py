"""L403: a loss of yes or no of what went through softmax."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.plans import made_of
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L403")
def binary_loss_of_softmax(subject: Subject) -> Iterator[Diagnostic]:
    """Binary cross entropy of the result of softmax.

    ## What it does
    Finds `binary_cross_entropy` whose prediction is the result of `softmax`, with `logits=false` or without.

    ## Why is this bad
    Softmax says that one of the classes is right, binary cross entropy that each is a question of its own. Either the
    classes exclude each other, and `cross_entropy` of the logits is meant; or they don't, and softmax keeps an image
    from having two of them. Together they punish every class but the right one twice.

    ## Example
    ```
    net Mixed {
      input x: 16
      answer = dense(32, act=relu) -> dense(4) -> softmax
    }
    train Mixed { loss = binary_cross_entropy(answer, label, logits=false) }
    ```

    ## Use instead
    ```
    net Classes {
      input x: 16
      answer = dense(32, act=relu) -> dense(4)
    }
    train Classes { loss = cross_entropy(answer, label) }
    ```
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for term in (term for plan in net.plans for term in plan.losses if term.loss.word == "binary_cross_entropy"):
            node = made_of(term.prediction, wiring)
            if node is not None and node.op in ("Softmax", "LogSoftmax"):
                layer = wiring.layer_of.get(node)
                yield warning(
                    "binary_cross_entropy of the result of softmax",
                    term.span,
                    "takes each class for a question of its own",
                    secondary=(Label(layer.span, "says that one of them is right"),) if layer else (),
                    help="use `cross_entropy` of what goes into softmax, or no softmax where several may be right",
                )
