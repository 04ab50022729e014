"""How far a training has come: everything a checkpoint holds besides tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, TypedDict

import numpy as np

from netc.compiler import LOSS, Tallies, single
from netc.grammar.schema import LEFT_OUT, Count, FormError, Rule, conform

Array = np.ndarray[Any, Any]
Record = dict[str, float | int]

IN_EVERY_RECORD = frozenset({"epoch", "step", "learning_rate", "seconds"})
KeptRecord = Annotated[
    dict[str, float],
    Rule(f"a table with {', '.join(sorted(IN_EVERY_RECORD))}", lambda record: record.keys() >= IN_EVERY_RECORD),
]
"""A record as files hold it."""

PREFIX = "validation_"
"""How the names of figures on held-out rows begin in a record."""

MOST_REPEATED = 2
"""Sizes of batches that get sessions of their own besides the plan's: each holds the memory of a step."""


class Best(TypedDict):
    """The best epoch: its number from 1 on, what it was chosen by, and its loss, where it had one."""

    epoch: Count
    metric: str
    value: float
    loss: float | None


@dataclass(slots=True)
class Progress:
    """Position and results so far.

    step     steps made, from the start of the training
    epoch    epochs finished;  batch: batches of the next one that are done, of `size` rows each
    taken    rows that the unfinished epoch has taken;  skip: those of them in batches of another size, before these
    rows     rows of them that count: all but those of skipped steps
    sums     metric -> its sum over those of them that it was measured on;  counts: metric -> how many these are
    parts    parts of metrics, added up; `tallies` makes figures of them
    seconds  time spent in the unfinished epoch
    history  a record for each finished epoch
    best     the best epoch, or None where none has had the figure that it is chosen by
    last     rows of the batch before;  repeated: other sizes than the plan's that came twice in a row, the first few,
             whose steps have sessions of their own and may round differently
    skipped  steps that were left out because they were not finite, as `skip_bad_steps` allows
    rate_factor  what the schedule's rates are multiplied by; a listener may change it after an epoch
    """

    step: Count = 0
    epoch: Count = 0
    batch: Count = 0
    size: Count = 0
    taken: Count = 0
    skip: Count = 0
    rows: Count = 0
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    history: list[KeptRecord] = field(default_factory=list)
    best: Best | None = None
    last: Count = 0
    repeated: list[Count] = field(default_factory=list)
    rate_factor: float = 1.0
    skipped: Count = 0
    tallies: Tallies | None = field(default=None, compare=False, repr=False, metadata={LEFT_OUT: True})

    def add(
        self,
        results: Mapping[str, float],
        rows: int,
        parts: Mapping[str, Array] | None = None,
        skipped: bool = False,
    ) -> None:
        """Count one step's results over `rows` examples. Results that are not finite are of a skipped step."""
        self.step += 1
        self.batch += 1
        self.taken += rows
        if skipped or not finite({**results, **(parts or {})}):
            return
        self.rows += rows
        for name, value in results.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * rows
            self.counts[name] = self.counts.get(name, 0) + rows
        for name, part in (parts or {}).items():
            self.parts[name] = self.parts[name] + part if name in self.parts else part

    def saw(self, rows: int, batch: int) -> None:
        """Note the size of the next batch, of a plan whose batches have another."""
        again = rows == self.last and rows != batch and rows not in self.repeated
        if again and len(self.repeated) < MOST_REPEATED:
            self.repeated.append(rows)
        self.last = rows

    def means(self) -> dict[str, float]:
        """The epoch's means and figures so far: those that are one number."""
        found = {name: total / self.counts[name] for name, total in self.sums.items()}
        return found | (single(self.tallies.figures(self.parts)) if self.tallies and self.parts else {})

    def finish_epoch(self, record: Record, best: Best | None = None) -> None:
        """Close the epoch with its record; it is the best one where `improves` said so, and its weights are kept."""
        self.history.append(record)
        self.best = best or self.best
        self.epoch += 1
        self.batch, self.taken, self.skip, self.rows, self.sums, self.counts = 0, 0, 0, 0, {}, {}
        self.seconds, self.parts = 0.0, {}

    def in_batches_of(self, size: int) -> None:
        """Go on in batches of so many rows: those that the unfinished epoch has not taken yet are cut anew."""
        if self.batch and self.size != size:
            self.batch, self.skip = 0, self.taken
        self.size = size

    def improves(self, metric: str, value: float, higher_is_better: bool, loss: float | None) -> Best | None:
        """The epoch that ends as the best, where its value beats that so far, or is equal to it with a lower loss.

        Values of another metric than that of the best so far cannot be compared with it: the first of them is the best.
        """
        if self.best is not None and self.best["metric"] == metric:
            before, before_loss = self.best["value"], self.best["loss"]
            better = value > before if higher_is_better else value < before
            lower = loss is not None and (before_loss is None or loss < before_loss)
            if not better and not (value == before and lower):
                return None
        return Best(epoch=self.epoch + 1, metric=metric, value=value, loss=loss)

    @property
    def best_at(self) -> tuple[int, int] | None:
        """The best epoch, and the step after which it ended."""
        return None if self.best is None else (self.best["epoch"], int(self.history[self.best["epoch"] - 1]["step"]))

    def to_json(self) -> dict[str, Any]:
        """For a checkpoint; floats survive exactly."""
        parts = {name: part.tolist() for name, part in self.parts.items()}
        found = asdict(replace(self, parts={}, tallies=None))
        del found["tallies"]
        return {**found, "parts": parts}

    @staticmethod
    def from_json(data: Any) -> Progress:
        """The reverse of `to_json`; raises FormError."""
        made: Progress = conform(data, Progress, "progress")
        made.parts = {name: _array(part, f"progress.parts.{name}") for name, part in made.parts.items()}
        if [record["epoch"] for record in made.history] != list(range(1, made.epoch + 1)):
            raise FormError("its entry `progress.history` has not one record for each epoch")
        if made.best is not None and not 1 <= made.best["epoch"] <= made.epoch:
            raise FormError("its entry `progress.best` is of an epoch that there is not")
        if made.sums.keys() != made.counts.keys():
            raise FormError("its entries `progress.sums` and `progress.counts` are of different figures")
        if made.best is None and any(LOSS in record for record in made.history):
            raise FormError("its entry `progress.best` is null after an epoch with a loss")
        return made


def _array(part: Any, at: str) -> Array:
    try:
        found = np.asarray(part)
    except ValueError:
        found = np.asarray(None)
    if found.dtype.kind not in "iuf" and found.size:
        raise FormError(f"its entry `{at}` holds no numbers, or as many in no two rows")
    return found.astype(np.float64)


def finite(values: Mapping[str, float | Array]) -> bool:
    """Whether no value is NaN or infinite."""
    return all(bool(np.isfinite(value).all()) for value in values.values())


def not_finite(values: Mapping[str, float | Array]) -> str:
    """`loss is nan`, of the first value that isn't finite."""
    name, value = next((name, value) for name, value in values.items() if not np.isfinite(value).all())
    return f"{name} is {value}" if np.ndim(value) == 0 else f"{name} is not finite"
