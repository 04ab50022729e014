"""L704: accuracy where one class is nearly all."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.metrics.accuracy import Accuracy
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.8


@rule("L704")
def accuracy_of_imbalance(subject: Subject) -> Iterator[Diagnostic]:
    """Accuracy is all that is measured where one class has most of the labels.

    ## What it does
    With the data at hand, finds sections that measure `accuracy` and nothing else where 80 % or more of the labels are
    of one class.

    ## Why is this bad
    A network that always answers that class is right as often as it occurs. An accuracy of 0.95 may mean that nothing
    was learned, and the first metric picks the best epoch. `f1`, `auc` and `confusion` look at each class.

    ## Example
    ```json
    {"card": {"targets": [{"name": "label", "counts": [95, 905]}], "parts": [{"name": "train", "rows": 1000}]}}
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
      metrics   = [accuracy]
    }
    ```

    ## Use instead
    ```json
    {"card": {"targets": [{"name": "label", "counts": [95, 905]}], "parts": [{"name": "train", "rows": 1000}]}}
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
      metrics   = [f1(average=macro), accuracy]
    }
    ```
    """
    for section in sections(subject):
        metrics = section.plan.metrics
        if section.card is None or not metrics or not all(isinstance(item.metric, Accuracy) for item in metrics):
            continue
        counts = section.card.counts(metrics[0].target)
        if counts and max(counts) >= SHARE * sum(counts):
            yield warning(
                f"always the same answer has an accuracy of {max(counts) / sum(counts):.2f}",
                section.place("metrics"),
                f"{max(counts):,} of {sum(counts):,} labels are of one class",
                help="measure each class alike: `metrics = [f1(average=macro), accuracy]`",
            )
