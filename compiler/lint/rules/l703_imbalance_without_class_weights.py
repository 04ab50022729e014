"""L703: classes that differ in number, and a loss that doesn't know."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.losses.cross_entropy import CrossEntropy
from netc.grammar.diagnostics import Change, Diagnostic, Edit, Fix, Span

TIMES = 10


@rule("L703", fix="unsafe", changes=(Change.TRAINING,))
def imbalance_without_class_weights(subject: Subject) -> Iterator[Diagnostic]:
    """One class has ten times the labels of another, and the loss counts all labels alike.

    ## What it does
    With the data at hand, finds `cross_entropy` without `class_weights` where the most frequent class has ten or more
    times the labels of the rarest that occurs.

    ## Why is this bad
    The mean of the loss is mostly that of the frequent classes: answering them always is a good answer. The network
    learns it first, and rare classes late or never, though they are mostly what one is after. With weights each
    class counts alike. Where the answer shall follow how often classes occur, as probabilities do, allow the finding.

    ## Example
    ```json
    {"card": {"targets": [{"name": "label", "counts": [950, 50]}], "parts": [{"name": "train", "rows": 1000}]}}
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

    ## Use instead
    ```json
    {"card": {"targets": [{"name": "label", "counts": [950, 50]}], "parts": [{"name": "train", "rows": 1000}]}}
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
    """
    for section in sections(subject):
        for term in section.plan.losses:
            if section.card is None or not isinstance(term.loss, CrossEntropy) or term.loss.class_weights is not None:
                continue
            counts = [count for count in section.card.counts(term.target) if count]
            if len(counts) > 1 and max(counts) >= TIMES * min(counts) and not term.loss.soft:
                span = term.span
                end = Span(span.file, span.end_line, span.end_column - 1, span.end_line, span.end_column - 1)
                yield warning(
                    f"one class has {max(counts) / min(counts):.0f} times the labels of another",
                    span,
                    f"{max(counts):,} labels of the most frequent class, {min(counts):,} of the rarest",
                    notes=[f"always the first is right in {100 * max(counts) / sum(counts):.0f} % of the rows"],
                    help="let each class count alike: `class_weights=balanced`",
                    fix=Fix("write `class_weights=balanced`", (Edit(end, ", class_weights=balanced"),)),
                )
