"""L602: a warm-up that is most of the training."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic


@rule("L602")
def long_warmup(subject: Subject) -> Iterator[Diagnostic]:
    """The learning rate rises for more than half of the training.

    ## What it does
    Finds schedules whose `warmup` is longer than half of the epochs. (One that is longer than all of them is an error.)

    ## Why is this bad
    The warm-up keeps the first, wildest steps small. Published trainings spend between a hundredth and a tenth of
    their epochs on it. Where it takes most of them, the network is never trained at the rate that the text names, and
    the fall that follows has no time left. Mostly the epochs were cut down for a trial, and the warm-up was not.

    ## Example
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
      schedule  = cosine(warmup=20)
      epochs    = 30
    }
    ```

    ## Use instead
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
      schedule  = cosine(warmup=2)
      epochs    = 30
    }
    ```
    """
    for section in sections(subject):
        warmup, epochs = section.plan.schedule.warmup, section.plan.epochs
        if 2 * warmup > epochs:
            yield warning(
                f"the warm-up takes {warmup:g} of {counted(epochs, 'epoch')}",
                section.argument("schedule", "warmup"),
                f"the rate reaches its full size when {100 * warmup / epochs:.0f} % of the training are over",
                help=f"write `warmup={max(epochs // 10, 1) if epochs > 2 else 0.1}`, or train for longer",
            )
