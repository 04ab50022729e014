"""The loop over epochs: batches, validation, the best weights, checkpoints, Ctrl-C and other signals."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netc.compiler import LOSS, by_batch_statistics
from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.batches import Batches, BoundBatches, number_of_batches
from netc.runtime.folder.progress import Listener, Record, finite, not_finite
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.training.diverged import diverged
from netc.runtime.training.interrupt import Asked, Interrupted, interruptible

if TYPE_CHECKING:
    from netc.runtime.training.trainer import StepResult, Trainer


class Loop:
    """One call of `Trainer.fit`."""

    def __init__(
        self,
        trainer: Trainer,
        train: BoundBatches,
        test: BoundBatches | None,
        epochs: int,
        folder: RunFolder | None,
        listener: Listener,
        checkpoint_seconds: float,
    ) -> None:
        self.trainer, self.train, self.test, self.epochs = trainer, train, test, epochs
        self.folder, self.listener, self.checkpoint_seconds = folder, listener, checkpoint_seconds
        self.fewest = 2 if by_batch_statistics(trainer.model.net, trainer.plan) else 1
        self.steps_per_epoch = number_of_batches(len(train), trainer.plan.batch, self.fewest)
        self.saved_at = time.monotonic()

    def run(self) -> None:
        """Train until all epochs are done, or somebody asks to stop, or divergence."""
        progress = self.trainer.progress
        progress.in_batches_of(self.trainer.plan.batch)
        self.listener.started(progress, self.epochs, self.steps_per_epoch)
        if self.steps_per_epoch < number_of_batches(len(self.train), self.trainer.plan.batch):
            self.listener.noted(
                f"the last batch of {counted(len(self.train), 'row')} would hold one, which has no variance for batch "
                f"normalization: it is joined to the batch before"
            )
        try:
            with interruptible() as asked:
                if self.folder is not None:
                    self.folder.restart(progress)
                    self.save()  # finds out at once whether the folder can be written, and is the first good state
                while progress.epoch < self.epochs:
                    self.epoch(asked)
                    self.save()
                    if asked.is_set() and progress.epoch < self.epochs:
                        raise Interrupted(progress.step, asked.number)
        except DiagnosticError as error:
            raise self.with_kept(error) from error
        finally:
            self.listener.finished(progress)

    def with_kept(self, error: DiagnosticError) -> DiagnosticError:
        """A divergence with the weights that are left."""
        first = error.diagnostics[0]
        if self.folder is None or first.code != "E701":
            return error
        best = self.trainer.progress.best
        if best is not None:
            kept = f"the weights of epoch {best['epoch']} are in {self.folder.best}"
        else:
            kept = f"the last good weights are in {self.folder.last}"
        return DiagnosticError(replace(first, notes=(*first.notes, kept)))

    def epoch(self, asked: Asked) -> None:
        """One epoch, from where the progress stands. `asked` is set when somebody wants to stop."""
        trainer, progress = self.trainer, self.trainer.progress
        began = time.monotonic() - progress.seconds
        fed = {port["name"]: np.dtype(port["dtype"]) for port in trainer.ports}
        rates = [0.0]
        with Batches(
            self.train,
            trainer.plan.batch,
            seed=trainer.seed,
            epoch=progress.epoch,
            start=progress.batch,
            skip=progress.skip,
            fewest=self.fewest,
            augmentation=trainer.plan.augmentation,
        ) as ready:
            batches = progress.batch + len(ready)
            for arrays in ready:
                feeds = {name: np.ascontiguousarray(arrays[name], dtype) for name, dtype in fed.items()}
                rates = self.rates()
                self.count(trainer.start(feeds, rates), began)
                if asked.is_set():
                    self.count(trainer.finish(), began)
                    if progress.batch < batches:
                        self.save()
                        raise Interrupted(progress.step, asked.number)
                if time.monotonic() - self.saved_at > self.checkpoint_seconds:
                    self.count(trainer.finish(), began)
                    self.save()
        self.count(trainer.finish(), began)
        self.close_epoch(rates[0])

    def count(self, came: list[StepResult], began: float) -> None:
        """Add the results of steps, in their order, to the epoch that began then."""
        progress = self.trainer.progress
        for values, rows in came:
            progress.add(values, rows)
            progress.seconds = time.monotonic() - began
            self.listener.stepped(progress, values)

    def rates(self) -> list[float]:
        """The learning rate of each step of the plan for the next batch."""
        trainer, plan, progress = self.trainer, self.trainer.plan, self.trainer.progress
        done = progress.epoch * self.steps_per_epoch + progress.skip // plan.batch
        done += progress.batch + trainer.steps_started - progress.step  # not steps made: they had batches of any size
        rates = [step.optimizer.lr for step in plan.steps]
        return [plan.schedule.rate(base, done, self.steps_per_epoch, self.epochs) for base in rates]

    def close_epoch(self, rate: float) -> None:
        """Validate, keep the best weights, write the record."""
        trainer, progress = self.trainer, self.trainer.progress
        if trainer.loss_scale is not None and trainer.loss_scale.exhausted():
            raise diverged(f"the gradients are not finite at any loss scale in step {progress.step}", rate)
        means = progress.means()
        if not means:
            raise diverged(f"no step of epoch {progress.epoch + 1} had a finite loss", rate)
        measured = trainer.evaluate(self.test) if self.test is not None and len(self.test) else {}
        if not finite(measured):
            raise diverged(f"the held-out {not_finite(measured)} after epoch {progress.epoch + 1}", rate)
        record: Record = {"epoch": progress.epoch + 1, "step": progress.step, "learning_rate": rate}
        record |= means | {f"validation_{name}": value for name, value in measured.items()}
        record["seconds"] = round(progress.seconds, 3)
        name, higher = self.watched(measured or means)
        label = f"validation_{name}" if measured else name
        values = measured or means
        improved = progress.improves(label, values[name], higher, values[LOSS])
        if improved:
            self.keep_best()
        progress.finish_epoch(record)
        if self.folder is not None:
            self.folder.record(record)
        self.listener.epoch_ended(record, improved)

    def watched(self, values: Mapping[str, float]) -> tuple[str, bool]:
        """What picks the best epoch: the plan's first metric, else the loss."""
        for term in self.trainer.plan.metrics:
            if term.name in values:
                return term.name, term.metric.higher_is_better
        return LOSS, False

    def keep_best(self) -> None:
        """Keep the weights as they are: in the folder, or else in memory."""
        weights = self.trainer.model.state_dict()
        if self.folder is None:
            self.trainer.best_weights = weights
        else:
            self.folder.save_best(weights, self.card())

    def card(self) -> dict[str, Any] | None:
        """What the data means, for the files that hold weights."""
        return None if self.trainer.card is None else self.trainer.card.to_json()

    def save(self) -> None:
        """Write a checkpoint, unless there is no folder. What is not finite is not written: it raises E701."""
        if self.folder is None:
            return
        trainer = self.trainer
        tensors = trainer.checkpoint()
        if not all(np.isfinite(array).all() for array in tensors.values()):
            raise diverged(f"a weight is not finite after step {trainer.progress.step}", self.rates()[0])
        self.folder.save_last(tensors, trainer.seed, len(self.train), trainer.progress, self.card())
        self.saved_at = time.monotonic()
