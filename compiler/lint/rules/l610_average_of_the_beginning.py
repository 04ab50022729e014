"""L610: a moving average that still remembers the weights before training."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

SHARE = 0.05


@rule("L610")
def average_of_the_beginning(subject: Subject) -> Iterator[Diagnostic]:
    """The moving average of the weights is so slow that much of the first weights is left in it.

    ## What it does
    With the data at hand, counts the updates of the training and finds an `average` in which more than 5 % are still
    the weights from before the first step.

    ## Why is this bad
    The average is what is measured, kept and exported. 0.9999 suits the millions of updates of ImageNet; after 1,000
    it is nine tenths random numbers, and the network answers as if it had hardly been trained, while its loss falls.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 3200}]}}
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
      average   = 0.9999
    }
    ```

    ## Use instead
    ```json
    {"card": {"parts": [{"name": "train", "rows": 3200}]}}
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
      average   = 0.99
    }
    ```
    """
    for section in sections(subject):
        average, updates = section.plan.average, section.updates
        if average and updates and average**updates > SHARE:
            yield warning(
                f"{100 * average**updates:.0f} % of the average are the weights from before the training",
                section.place("average"),
                f"{average:g}**{updates:,}, for the training makes {counted(updates, 'update')}",
                help=f"write `average = {_fitting(updates)}`, or leave it out",
            )


def _fitting(updates: int) -> str:
    """The slowest of the usual averages that forgets the beginning."""
    return next((f"{value:g}" for value in (0.999, 0.99, 0.9) if value**updates <= SHARE), "0.5")
