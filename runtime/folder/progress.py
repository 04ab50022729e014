"""How far a training has come: everything a checkpoint holds besides tensors."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

Record = dict[str, float | int]

PREFIX = "validation_"
"""How the names of figures on held-out rows begin in a record."""


@dataclass(slots=True)
class Progress:
    """Position and results so far.

    step     steps made, from the start of the training
    epoch    epochs finished;  batch: batches of the next one that are done, of `size` rows each
    taken    rows that the unfinished epoch has taken;  skip: those of them in batches of another size, before these
    rows     rows of them that count: all but those of skipped steps;  sums: metric -> its sum over them
    seconds  time spent in the unfinished epoch
    history  a record for each finished epoch
    best     {"epoch", "metric", "value", "loss"} of the best epoch, or None
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    size: int = 0
    taken: int = 0
    skip: int = 0
    rows: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    history: list[Record] = field(default_factory=list)
    best: dict[str, Any] | None = None

    def add(self, results: Mapping[str, float], rows: int) -> None:
        """Count one step's results over `rows` examples. Results that are not finite are of a skipped step."""
        self.step += 1
        self.batch += 1
        self.taken += rows
        if not finite(results):
            return
        self.rows += rows
        for name, value in results.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * rows

    def means(self) -> dict[str, float]:
        """The epoch's means so far."""
        return {name: total / self.rows for name, total in self.sums.items()} if self.rows else {}

    def finish_epoch(self, record: Record) -> None:
        """Close the epoch with its record."""
        self.history.append(record)
        self.epoch += 1
        self.batch, self.taken, self.skip, self.rows, self.sums, self.seconds = 0, 0, 0, 0, {}, 0.0

    def in_batches_of(self, size: int) -> None:
        """Go on in batches of so many rows: those that the unfinished epoch has not taken yet are cut anew."""
        if self.batch and self.size != size:
            self.batch, self.skip = 0, self.taken
        self.size = size

    def improves(self, metric: str, value: float, higher_is_better: bool, loss: float) -> bool:
        """Whether the value beats the best so far, or is equal to it with a lower loss; then it is the best."""
        if self.best is not None:
            before = self.best["value"]
            better = value > before if higher_is_better else value < before
            if not better and not (value == before and loss < self.best["loss"]):
                return False
        self.best = {"epoch": self.epoch + 1, "metric": metric, "value": value, "loss": loss}
        return True

    def to_json(self) -> dict[str, Any]:
        """For a checkpoint; floats survive exactly."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Progress:
        """The reverse of `to_json`."""
        return Progress(**data)


def finite(values: Mapping[str, float]) -> bool:
    """Whether no value is NaN or infinite."""
    return all(math.isfinite(value) for value in values.values())


def not_finite(values: Mapping[str, float]) -> str:
    """`loss is nan`, of the first value that isn't finite."""
    return next(f"{name} is {value}" for name, value in values.items() if not math.isfinite(value))


class Listener(Protocol):
    """What follows a training: a progress line, a test. Every method is called in the training's thread."""

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Before the first step; after a resume the progress is not zero."""

    def noted(self, text: str) -> None:
        """Something that the user should know of how this training is done."""

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """After each step."""

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """After each epoch and its validation."""

    def finished(self, progress: Progress) -> None:
        """After the last epoch, and also when the training was interrupted or failed."""


class Silent:
    """A listener that does nothing but warn."""

    def started(self, progress: Progress, epochs: int, steps_per_epoch: int) -> None:
        """Nothing."""

    def noted(self, text: str) -> None:
        """A warning, which Python shows once."""
        warnings.warn(text, stacklevel=4)

    def stepped(self, progress: Progress, results: Mapping[str, float]) -> None:
        """Nothing."""

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Nothing."""

    def finished(self, progress: Progress) -> None:
        """Nothing."""
