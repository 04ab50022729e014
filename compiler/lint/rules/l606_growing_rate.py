"""L606: a schedule that makes the rate larger."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.schedules.exponential import Exponential
from netc.compiler.schedules.multistep import MultiStep
from netc.compiler.schedules.step import Step
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic


@rule("L606")
def growing_rate(subject: Subject) -> Iterator[Diagnostic]:
    """A schedule multiplies the learning rate by more than 1.

    ## What it does
    Finds `step`, `multistep` and `exponential` with a `factor` above 1.

    ## Why is this bad
    The rate grows until the training diverges, late, when hours have gone into it. Usually the share that is taken off
    was meant, or the number that the rate is divided by: other frameworks' `gamma` is our `factor`, and some schedules
    take a divisor. For a search of the largest rate that works, the growth is wanted: allow it there.

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
      optimizer = sgd(lr=0.1, momentum=0.9)
      schedule  = step(every=3, factor=10)
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
      optimizer = sgd(lr=0.1, momentum=0.9)
      schedule  = step(every=3, factor=0.1)
    }
    ```
    """
    for section in sections(subject):
        schedule, epochs = section.plan.schedule, section.plan.epochs
        if isinstance(schedule, (Step, MultiStep, Exponential)) and schedule.ratio > 1:
            last = schedule.factor(Fraction(epochs) - Fraction(1, 1000), epochs)
            yield warning(
                f"the learning rate grows: `{schedule.word}` multiplies it by {schedule.ratio:g}",
                section.argument("schedule", "factor"),
                f"{last:,.4g} times the base rate at the end of {counted(epochs, 'epoch')}",
                help=f"write `factor={1 / schedule.ratio:.3g}` to divide by {schedule.ratio:g}",
            )
