"""How long a training will still take, judged by how fast it has been so far."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds that are left, of the epoch that is running and of the whole training."""

    epoch: float
    training: float


class TimeLeft:
    """Watches steps and epochs go by. Times are those of any one clock, in seconds.

    A step is judged by the steps of its epoch, without the first one of all, which also loads and warms up; an epoch by
    the last one that was whole, with its measurements and checkpoint, else by its steps.
    """

    def __init__(self, epochs: int, steps_per_epoch: int) -> None:
        self.epochs, self.steps = epochs, steps_per_epoch
        self.anchor: tuple[float, int] | None = None
        self.pace: float | None = None
        self.epoch_began: float | None = None
        self.epoch_seconds: float | None = None

    def stepped(self, now: float, epoch: int, batch: int) -> Estimate | None:
        """After a step: `batch` of the epoch's steps are done, after `epoch` epochs. None before there is a pace."""
        if self.anchor is None:
            self.anchor = now, batch
        began, first = self.anchor
        if batch > first:
            self.pace = (now - began) / (batch - first)
        if self.pace is None:
            return None
        left = self.pace * max(0, self.steps - batch)
        return Estimate(left, left + self._epochs(self.epochs - epoch - 1))

    def epoch_ended(self, now: float, epochs: int) -> float | None:
        """After an epoch, its measurements included, with so many done: seconds left of the training, if it can say."""
        if self.epoch_began is not None:
            self.epoch_seconds = now - self.epoch_began
        elif self.anchor is not None and self.anchor[1] <= 1 and self.pace is not None:
            self.epoch_seconds = now - self.anchor[0] + self.pace
        self.epoch_began, self.anchor = now, (now, 0)
        if self.pace is None and self.epoch_seconds is None:
            return None
        return self._epochs(self.epochs - epochs)

    def _epochs(self, number: int) -> float:
        each = self.epoch_seconds if self.epoch_seconds is not None else (self.pace or 0.0) * self.steps
        return each * max(0, number)


def duration(seconds: float) -> str:
    """`3.2 s`, `47 s`, `5 min 10 s`, `2 h 05 min`, `3 d 4 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{whole} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest:02} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes:02} min"
