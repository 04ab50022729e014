"""L604: an early stop that the training outruns."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections
from netc.compiler.stops.early_stop import EarlyStop
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic


@rule("L604")
def stop_never_stops(subject: Subject) -> Iterator[Diagnostic]:
    """An early stop is more patient than the training is long, or than its warm-up.

    ## What it does
    Finds `early_stop(patience=…)` with as many epochs as the training has or more, and one with fewer than the
    schedule's warm-up.

    ## Why is this bad
    The first kind never acts: it says that the training may end early, and it can't. The second acts too soon: while
    the rate rises, results may get worse for a while, and a run that would have been good is ended before it begins.

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
      stop      = [early_stop(patience=20)]
      epochs    = 15
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
      stop      = [early_stop(patience=4)]
      epochs    = 15
    }
    ```
    """
    for section in sections(subject):
        plan = section.plan
        for stop in plan.stop:
            if not isinstance(stop, EarlyStop):
                continue
            if stop.patience >= plan.epochs:
                yield warning(
                    f"an early stop after {counted(stop.patience, 'epoch')} without a gain never comes",
                    section.argument("stop", "patience"),
                    f"the training has {counted(plan.epochs, 'epoch')}",
                    help=f"write `patience={max(plan.epochs // 4, 1)}`, or leave the stop out",
                )
            elif stop.patience < plan.schedule.warmup:
                warmup = counted(f"{plan.schedule.warmup:g}", "epoch")
                yield warning(
                    f"the early stop may come in the warm-up, which takes {warmup}",
                    section.argument("stop", "patience"),
                    f"it waits for {counted(stop.patience, 'epoch')}",
                    help=f"write a `patience` above {plan.schedule.warmup:g}",
                )
