"""What follows a training: a line on a terminal, early stopping, a writer for TensorBoard."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from netc.runtime.folder.progress import Progress, Record


class Listener:
    """Follows a training: `trainer.fit(data, listener=…)` calls these methods, in the training's thread.

    Every method does nothing until a subclass says otherwise. `stop` ends the training after the epoch that is running;
    `progress.rate_factor` multiplies the rates of the epochs to come.
    """

    stopping: str | None = None
    """Why the training is to end, or None."""

    def stop(self, reason: str) -> None:
        """End the training after this epoch, as if it were the last: best weights, model and results are written."""
        self.stopping = reason

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Before the first step; after a resume the progress is not zero."""

    def noted(self, text: str) -> None:
        """Something that the user should know of how this training is done."""

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """After each step: loss and metrics of its batch."""

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """After each epoch and its validation; the record is the line of the history."""

    def finished(self, progress: Progress) -> None:
        """After the last epoch, and also when the training was interrupted or failed."""


class Silent(Listener):
    """A listener that does nothing but warn."""

    def noted(self, text: str) -> None:
        """A warning, which Python shows once."""
        warnings.warn(text, stacklevel=4)


class Listeners(Listener):
    """Several of them, in turn."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self.listeners = listeners

    def reason(self) -> str | None:
        """Why one of them wants the training to end, or None."""
        return next((listener.stopping for listener in self.listeners if listener.stopping is not None), None)

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Tell each; who wanted an earlier training to end starts anew."""
        for listener in self.listeners:
            listener.stopping = None
            listener.started(progress, epochs, steps_per_epoch)

    def noted(self, text: str) -> None:
        """Tell each."""
        for listener in self.listeners:
            listener.noted(text)

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Tell each."""
        for listener in self.listeners:
            listener.stepped(progress, results)

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Tell each."""
        for listener in self.listeners:
            listener.epoch_ended(record, improved)

    def finished(self, progress: Progress) -> None:
        """Tell each."""
        for listener in self.listeners:
            listener.finished(progress)
