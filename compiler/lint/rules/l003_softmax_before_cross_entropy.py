"""L003: cross entropy of what already went through softmax."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.edits import without_layer
from netc.compiler.lint.plans import made_of, takes_classes
from netc.compiler.ops import get_op
from netc.grammar.diagnostics import Change, Diagnostic, Label


@rule("L003", fix="unsafe", changes=(Change.STRUCTURE, Change.NAMES, Change.TRAINING))
def softmax_before_cross_entropy(subject: Subject) -> Iterator[Diagnostic]:
    """A prediction goes through softmax, then into a cross entropy that applies softmax itself.

    ## What it does
    Finds `cross_entropy`, `focal` and `kl` losses whose prediction is the result of `softmax` (or `sigmoid`), at most
    through dropout or a factor, such as a temperature.

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
                node = made_of(term.prediction, wiring) if takes_classes(term) else None
                if node is None or not get_op(node.op).probabilities:
                    continue
                word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.op).lower()
                layer = wiring.layer_of.get(node)
                last = layer is not None and layer.word == word and term.prediction.node is node
                yield warning(
                    f"{term.loss.word} takes logits, found the result of {word}",
                    term.span,
                    "applies softmax itself",
                    secondary=(Label(layer.span, f"{word} is applied here already"),) if layer else (),
                    help=f"end the net with the layer before {word}; `netc predict` shows probabilities by itself",
                    fix=without_layer(layer.span, subject) if last and layer is not None else None,
                )
