"""L611: a training of hardly any steps."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic

FEW = 100
ENOUGH = 1000


@rule("L611")
def few_updates(subject: Subject) -> Iterator[Diagnostic]:
    """The training makes fewer than 100 updates.

    ## What it does
    With the data at hand, counts the updates: rows by batch, rounded up, times epochs.

    ## Why is this bad
    Weights that start at random need hundreds of steps before they are of any use, however good each step's gradient
    is. Few rows in large batches make few steps; smaller batches make more of the same rows, at the same cost. Parts
    that start from trained weights (`init`) may need less, and are left alone.

    ## Example
    ```json
    {"card": {"parts": [{"name": "train", "rows": 600}]}}
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
      batch     = 256
      epochs    = 5
    }
    ```

    ## Use instead
    ```json
    {"card": {"parts": [{"name": "train", "rows": 600}]}}
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
      batch     = 32
      epochs    = 50
    }
    ```
    """
    for section in sections(subject):
        plan, rows, updates = section.plan, section.rows, section.updates
        if rows and updates is not None and updates < FEW and not plan.init:
            batch = min(32, plan.batch)
            epochs = -(-ENOUGH * batch // rows)
            accumulated = f" * {plan.accumulate}" if plan.accumulate > 1 else ""
            yield warning(
                f"the training makes {counted(updates, 'update')} in all",
                section.place("batch"),
                f"{counted(rows, 'row')} in updates of {plan.batch}{accumulated}, {counted(plan.epochs, 'epoch')}",
                help=f"batches of {batch} in {counted(epochs, 'epoch')} make about {ENOUGH:,}",
            )
