"""L603: a schedule whose step comes after the end."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.lint.base import Subject, rule, warning
from netc.compiler.lint.sections import Section, sections
from netc.compiler.schedules.multistep import MultiStep
from netc.compiler.schedules.plateau import Plateau
from netc.compiler.schedules.step import Step
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, Label


@rule("L603")
def schedule_never_falls(subject: Subject) -> Iterator[Diagnostic]:
    """A schedule changes the rate at an epoch that the training doesn't reach.

    ## What it does
    Finds `step(every=…)` and `plateau(patience=…)` with at least as many epochs as the training has, and epochs of
    `multistep` at or after the last.

    ## Why is this bad
    The rate stays where it is, and with it the last gain that a falling rate brings: on ImageNet each division by ten
    takes several per cent off the error at once. Mostly the schedule was copied with its epochs, and the number of
    epochs was not.

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
      schedule  = step(every=30)
      epochs    = 20
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
      schedule  = step(every=8)
      epochs    = 20
    }
    ```
    """
    for section in sections(subject):
        if found := _late(section):
            message, argument, help = found
            epochs = section.setting("epochs")
            count = counted(section.plan.epochs, "epoch")
            yield warning(
                message,
                section.argument("schedule", argument),
                f"the training ends after {count}" if epochs is None else "",
                secondary=() if epochs is None else (Label(epochs.span, f"the training ends after {count}"),),
                help=help,
            )


def _late(section: Section) -> tuple[str, str, str] | None:
    """What is wrong with a schedule, the argument that says it, and the way out."""
    schedule, epochs = section.plan.schedule, section.plan.epochs
    third = max(epochs // 3, 1)
    match schedule:
        case Step() if schedule.every >= epochs:
            message = f"the rate falls after {counted(f'{schedule.every:g}', 'epoch')}, and so never"
            falls = counted((epochs - 1) // third, "time")
            shorter = f"write `every={third}`, which makes it fall {falls}, or " if epochs > 1 else ""
            return message, "every", f"{shorter}train for longer"
        case MultiStep():
            late = [epoch for epoch in schedule.at if epoch >= epochs]
            if late:
                which = ", ".join(f"{epoch:g}" for epoch in late)
                message = f"{'epochs' if len(late) > 1 else 'epoch'} {which} of `multistep` "
                message += "are never reached" if len(late) > 1 else "is never reached"
                return message, "at", f"leave {which} out, or name epochs below {epochs}"
        case Plateau() if schedule.patience >= epochs:
            message = f"the rate falls after {counted(schedule.patience, 'epoch')} without a gain, and so never"
            return message, "patience", f"write `patience={third}`, or train for longer"
    return None
