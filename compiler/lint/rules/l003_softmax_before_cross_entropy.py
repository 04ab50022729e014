"""L003: cross entropy of what already went through softmax."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.ops import get_op
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L003")
def softmax_before_cross_entropy(subject: Subject) -> Iterator[Diagnostic]:
    """A prediction goes through softmax, then into a cross entropy that applies softmax itself.

    ## What it does
    Finds `cross_entropy` losses whose prediction is the result of `softmax` (or `sigmoid`).

    ## Why is this bad
    `cross_entropy` takes logits, any real numbers, and applies softmax itself. Softmax twice still trains, only slowly
    and to a worse result: all its inputs lie between 0 and 1, so with 10 classes no answer can be surer than 23 %.

    ## Example
    ```
    net Twice {
      input image: 1x28x28
      answer = flatten -> dense(10) -> softmax
    }
    train Twice { loss = cross_entropy(answer, label) }
    ```

    ## Use instead
    ```
    net Once {
      input image: 1x28x28
      logits = flatten -> dense(10)
    }
    train Once { loss = cross_entropy(logits, label) }
    ```
    `netc predict` turns the logits into probabilities.
    """
    for net in subject.nets:
        wiring = subject.wiring(net)
        for plan in net.plans:
            for term in plan.losses:
                value = wiring.origin(term.prediction)
                if type(term.loss).word != "cross_entropy" or value.node is None:
                    continue
                if not get_op(value.node.op).probabilities:
                    continue
                word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", value.node.op).lower()
                layer = wiring.maker(value)
                yield warning(
                    f"cross_entropy takes logits, found the result of {word}",
                    term.span,
                    "applies softmax itself",
                    secondary=(Label(layer.span, f"{word} is applied here already"),) if layer else (),
                    help=f"end the net with the layer before {word}; `netc predict` shows probabilities by itself",
                )
