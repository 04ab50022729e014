"""L612: a long training by plain gradient descent whose rate never falls."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import sections, with_setting
from netc.compiler.optimizers.sgd import SGD
from netc.compiler.schedules.constant import Constant
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Change, Diagnostic

LONG = 30
SMALL = 1e-3


@rule("L612", fix="unsafe", changes=(Change.TRAINING,))
def constant_rate(subject: Subject) -> Iterator[Diagnostic]:
    """A long training by `sgd` keeps its learning rate to the end.

    ## What it does
    Finds trainings of 30 epochs or more by `sgd`, at more than 0.001, with a constant rate. Where `average` smooths the
    weights, the rate may stay.

    ## Why is this bad
    The noise of the batches keeps the weights at a distance from the minimum that grows with the rate. Only a falling
    rate gets nearer. In every published training of this kind the error falls by a third or more where the rate does.

    ## Example
    ```
    net Small {
      input image: 3x32x32
      conv(16, 3x3, act=relu)
      global_avgpool
      logits = dense(10)
    }
    train Small {
      loss      = cross_entropy(logits, label)
      optimizer = sgd(lr=0.1, momentum=0.9)
      epochs    = 60
    }
    ```

    ## Use instead
    ```
    net Small {
      input image: 3x32x32
      conv(16, 3x3, act=relu)
      global_avgpool
      logits = dense(10)
    }
    train Small {
      loss      = cross_entropy(logits, label)
      optimizer = sgd(lr=0.1, momentum=0.9)
      epochs    = 60
      schedule  = cosine(warmup=1)
    }
    ```
    """
    for section in sections(subject):
        plan = section.plan
        if plan.epochs < LONG or plan.average or not isinstance(plan.schedule, Constant):
            continue
        if all(isinstance(step.optimizer, SGD) and step.optimizer.lr > SMALL for step in plan.steps):
            there = section.setting("schedule")
            yield warning(
                f"the rate stays at {plan.steps[0].optimizer.lr:g} for {counted(plan.epochs, 'epoch')}",
                section.place("schedule"),
                "no schedule lets it fall" if there is None else "it never falls",
                help="let it fall: `schedule = cosine(warmup=1)`",
                fix=with_setting(subject, section, "schedule", "cosine(warmup=1)") if there is None else None,
            )
