"""L702: weights for classes that are equally frequent."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

ALIKE = 1.5


@rule("L702")
def class_weights_without_imbalance(subject: Subject) -> Iterator[Diagnostic]:
    """A loss weighs classes that are equally frequent.

    ## What it does
    With the data at hand, finds `class_weights` where the most frequent class has less than 1.5 times the labels of the
    rarest.

    ## Why is this bad
    `balanced` gives weights near 1 then, which do nothing but make losses hard to compare. Weights as numbers push the
    answers away from how often the classes occur: a class of weight 3 is answered where it is a third as likely as the
    others. That may be wanted, where one mistake costs more; say so in an `allow`.

    ## Example
    ```json
    {"card": {"targets": [{"name": "label", "counts": [490, 510]}], "parts": [{"name": "train", "rows": 1000}]}}
    ```
    ```
    net Judge {
      input features: 20
      dense(32, act=relu)
      logits = dense(2)
    }
    train Judge {
      loss      = cross_entropy(logits, label, class_weights=balanced)
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```json
    {"card": {"targets": [{"name": "label", "counts": [490, 510]}], "parts": [{"name": "train", "rows": 1000}]}}
    ```
    ```
    net Judge {
      input features: 20
      dense(32, act=relu)
      logits = dense(2)
    }
    train Judge {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
    }
    ```
    """
    for section in sections(subject):
        for term in section.plan.losses:
            counts = section.card.counts(term.target) if section.card is not None else ()
            weights = getattr(term.loss, "class_weights", None)
            if weights is not None and len(counts) > 1 and max(counts) < ALIKE * min(counts):
                yield warning(
                    "the classes are equally frequent, and their loss is weighed",
                    term.span,
                    f"{min(counts):,} to {max(counts):,} labels of each of {counted(len(counts), 'class', 'classes')}",
                    help="leave `class_weights` out",
                )
