"""L615: a run whose loss is that of guessing."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

from netc.compiler.ir import language_shape
from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections
from netc.compiler.losses.cross_entropy import CrossEntropy
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

FEWEST = 3
NEAR = 0.02


@rule("L615")
def stays_at_chance(subject: Subject) -> Iterator[Diagnostic]:
    """A run's loss stayed at that of guessing.

    ## What it does
    With the log of a run of three epochs or more at hand, compares the loss of its last epoch with the logarithm of the
    number of classes, which is the cross entropy of an answer that takes all classes for equally likely.

    ## Why is this bad
    The network has learned nothing, not even which class is frequent. Usually the learning rate is far too large or
    too small, inputs are not scaled, labels are shuffled against the rows, or a ReLU died. Longer training doesn't
    help.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 6000}]}}
    ```
    ```jsonl
    {"epoch": 1, "loss": 2.3101}
    {"epoch": 2, "loss": 2.3031}
    {"epoch": 3, "loss": 2.3029}
    ```
    ```
    net Digits {
      input image: 1x28x28
      flatten
      dense(100, act=relu)
      logits = dense(10)
    }
    train Digits {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
    }
    ```

    ## Use instead
    ```json
    {"card": {"parts": [{"name": "train", "rows": 6000}]}}
    ```
    ```jsonl
    {"epoch": 1, "loss": 1.6101}
    {"epoch": 2, "loss": 0.8031}
    {"epoch": 3, "loss": 0.5029}
    ```
    ```
    net Digits {
      input image: 1x28x28
      flatten
      dense(100, act=relu)
      logits = dense(10)
    }
    train Digits {
      loss      = cross_entropy(logits, label)
      optimizer = adam(lr=1e-3)
    }
    ```
    """
    for section in sections(subject):
        classes = _classes(section)
        losses = [record.get("loss") for record in section.history]
        last = losses[-1] if len(losses) >= FEWEST else None
        if classes and isinstance(last, (int, float)) and abs(last - log(classes)) < NEAR * log(classes):
            yield warning(
                f"after {counted(len(losses), 'epoch')} the loss is {last:.4g}, that of guessing",
                section.place("loss"),
                f"ln {classes} = {log(classes):.4g}, for {counted(classes, 'class', 'classes')}",
                help="look at the rate, the scale of the inputs and the labels; `netc data` shows what the data mean",
            )


def _classes(section: Section) -> int | None:
    """How many classes the only loss of a section tells apart."""
    losses = section.plan.losses
    if len(losses) != 1 or not isinstance(losses[0].loss, CrossEntropy) or losses[0].weight != 1:
        return None
    shape = language_shape(losses[0].prediction)
    return shape[0] if len(shape) == 1 and isinstance(shape[0], int) and shape[0] > 1 else None
