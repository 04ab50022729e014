"""A divergence that a card told of late is looked for again: from the last checkpoint, waiting for every step.

By the time that its loss came back, other steps had changed the weights. Batches, dropout and rates follow from the
numbers of steps, so that the same step comes again, but for the order in which a card adds. No card has run this file
yet; tests run it on the CPU's provider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.listener import Listener, Listeners
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.training.interrupt import Interrupted, interruptible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netc.runtime.training.loop import Loop
    from netc.runtime.training.trainer import Trainer

FURTHER = 16
"""Steps after the one that diverged in which it may come this time."""


class _PastError(Exception):
    """The step has come again, and those after it, without a divergence."""


class _Until(Listener):
    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Stop past the step."""
        if progress.step >= self.step:
            raise _PastError


def found_again(
    error: DiagnosticError, trainer: Trainer, folder: RunFolder, again: Callable[[Listeners], Loop]
) -> DiagnosticError:
    """The divergence as it comes when the steps since the checkpoint are made one by one: with its layer.

    again  a loop over the same data that writes nothing

    Where it doesn't come again it is told as it was, with that. The trainer's weights are then those of another step.
    """
    step, trainer.lost = trainer.lost or 0, None
    trainer.one_by_one = True
    try:
        tensors, _, progress = folder.read_last()
        trainer.restore(tensors, progress)
        progress.tallies = trainer.tallies
        progress.in_batches_of(trainer.plan.rows)
        with interruptible() as asked:
            again(Listeners([_Until(step + FURTHER)])).epoch(asked)
    except Interrupted:
        return error
    except DiagnosticError as found:
        return found if found.diagnostics[0].code == "E701" else error
    except _PastError:
        pass
    finally:
        trainer.one_by_one = False
    note = "made again one by one from the checkpoint, these steps were finite: rounding decides where it begins"
    return DiagnosticError([replace(one, notes=(*one.notes, note)) for one in error.diagnostics])
