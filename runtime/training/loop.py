"""The loop over epochs: batches, validation, the best weights, checkpoints, Ctrl-C and other signals."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from netc.compiler import LOSS, by_batch_statistics, single, unmeasured
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.augment import SHARE, Batch, augment, batch_size
from netc.runtime.data.batches import Batches, number_of_batches
from netc.runtime.data.cards.card import NO_CARD
from netc.runtime.data.given import Parts
from netc.runtime.data.stream import Stream
from netc.runtime.folder.checkpoints import epoch_in
from netc.runtime.folder.listener import Listeners
from netc.runtime.folder.progress import PREFIX, Best, Record, finite, not_finite
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.training.accumulated import SIZES
from netc.runtime.training.diverged import diverged
from netc.runtime.training.found_again import found_again
from netc.runtime.training.interrupt import Asked, Interrupted, interruptible
from netc.runtime.training.watching import feedback, reason_to_stop

if TYPE_CHECKING:
    from netc.runtime.training.trainer import Trainer
    from netc.runtime.training.updates import StepResult


class Loop:
    """One call of `Trainer.fit`."""

    def __init__(
        self,
        trainer: Trainer,
        parts: Parts,
        epochs: int,
        folder: RunFolder | None,
        listener: Listeners,
        checkpoint_seconds: float,
        notes: Sequence[str] = (),
    ) -> None:
        self.trainer, self.train, self.test, self.epochs = trainer, parts.train, parts.test, epochs
        self.notes = [*notes, *(": ".join(filter(None, (it.message, it.help))) for it in parts.warnings)]
        self.folder, self.listener, self.checkpoint_seconds = folder, listener, checkpoint_seconds
        self.fewest = 2 if by_batch_statistics(trainer.model.net, trainer.plan.in_epoch(epochs)) else 1
        self.rows = 0 if isinstance(self.train, Stream) else len(self.train)
        if isinstance(self.train, Stream):
            self.steps_per_epoch = -(-self.train.steps // trainer.plan.accumulate)
        else:
            self.steps_per_epoch = number_of_batches(self.rows, trainer.plan.rows, self.fewest)
        self.saved_at = time.monotonic()
        self.feedback = 1.0

    def run(self) -> None:
        """Train until all epochs are done, or somebody asks to stop, or divergence."""
        progress = self.trainer.progress
        progress.tallies = self.trainer.tallies
        if not isinstance(self.train, Stream):
            progress.in_batches_of(self.trainer.plan.rows)
        self.listener.started(progress, self.epochs, self.steps_per_epoch)
        for text in self.notes:
            self.listener.noted(text)
        if self.steps_per_epoch < number_of_batches(self.rows, self.trainer.plan.rows):
            self.listener.noted(
                f"the last batch of {counted(self.rows, 'row')} would hold one, which has no variance for batch "
                f"normalization: it is joined to the batch before"
            )
        if self.test is not None and self.trainer.scorer is None:
            self.listener.noted("the loss is of values inside `train only`: nothing is measured on held-out rows")
        if self.test is not None and self.trainer.scorer is not None:
            self._note_unmeasured()
        if self.test is None and (unseen := [term.name for term in self.trainer.plan.metrics if term.metric.rows]):
            verb = "is" if len(unseen) == 1 else "are"
            self.listener.noted(f"{', '.join(unseen)} {verb} measured on held-out rows alone, and none are held out")
        try:
            with interruptible() as asked:
                if self.folder is not None:
                    self._begin_in(self.folder)
                while progress.epoch < self.epochs:
                    if (reason := self.reason_to_stop()) is not None:
                        self.listener.noted(f"stopped after epoch {progress.epoch}: {reason}")
                        break
                    self.epoch(asked)
                    self.save()
                    if asked.is_set() and progress.epoch < self.epochs:
                        raise Interrupted(progress.step, asked.number)
                    if (reason := self.listener.reason()) is not None:
                        self.listener.noted(f"stopped after epoch {progress.epoch}: {reason}")
                        break
        except DiagnosticError as error:
            raise self.with_kept(self.with_layer(error)) from error
        finally:
            self.listener.finished(progress)

    def _begin_in(self, folder: RunFolder) -> None:
        """Let the folder hold what the progress says."""
        if (wrong := folder.restart(self.trainer.progress)) is not None:
            self.listener.noted(wrong)
        if not folder.fresh:
            self.save()  # finds out at once whether the folder can be written, and is the first good state
        folder.fresh = False

    def _note_unmeasured(self) -> None:
        trainer = self.trainer
        left_out = unmeasured(trainer.model.net, trainer.plan)
        if left_out:
            terms = ", ".join(f"`{name}`" for name in left_out)
            what = (
                "there is no held-out loss"
                if len(left_out) == len(trainer.plan.losses)
                else "the held-out loss is less"
            )
            self.listener.noted(f"{what}: {terms} is of values inside `train only`, and not measured on held-out rows")

    def reason_to_stop(self) -> str | None:
        """Why the plan ends training here, or None. After a resume it is asked again, of the same history."""
        return reason_to_stop(self.trainer.plan, self.trainer.progress.history)

    def with_layer(self, error: DiagnosticError) -> DiagnosticError:
        """A divergence that a card told of late, with the layer where it begins."""
        trainer = self.trainer
        if trainer.lost is None or self.folder is None or isinstance(self.train, Stream):
            return error
        since = f"from the checkpoint after step {self.folder.saved or 0:,}, one by one"
        self.listener.noted(f"step {trainer.lost:,} diverged: the steps {since}, to find the layer where it begins")
        parts = Parts(self.train, self.test, trainer.card or NO_CARD)
        return found_again(
            error, trainer, self.folder, lambda listener: Loop(trainer, parts, self.epochs, None, listener, math.inf)
        )

    def with_kept(self, error: DiagnosticError) -> DiagnosticError:
        """A divergence with the weights that are left."""
        first = error.diagnostics[0]
        if self.folder is None or first.code != "E701":
            return error
        self.folder.note_diverged(self.trainer.progress.step, first.message)
        kept = [f"the last good checkpoint is {self.folder.checkpoint}, after step {self.folder.saved or 0:,}"]
        weights = self.folder.weights()  # of the checkpoint: those of an epoch that it does not have are lost
        if weights != self.folder.checkpoint and (epoch := epoch_in(weights)) is not None:
            kept.append(f"the weights of epoch {epoch[0]} are in {weights}")
        return DiagnosticError(replace(first, notes=(*first.notes, *kept)))

    def epoch(self, asked: Asked) -> None:
        """One epoch, from where the progress stands. `asked` is set when somebody wants to stop."""
        trainer, progress = self.trainer, self.trainer.progress
        began = time.monotonic() - progress.seconds
        trainer.enter(progress.epoch + 1)
        self.feedback = feedback(trainer.plan, progress.history)
        fed = {port["name"]: np.dtype(port["dtype"]) for port in trainer.ports}
        rates = self.rates(back=1 if progress.batch else 0)  # those of its last batch, where all of them are made
        with self.batches() as ready:
            batches = progress.batch + len(ready) if isinstance(ready, Batches) else self.steps_per_epoch
            for arrays in ready:
                feeds = {name: np.ascontiguousarray(arrays[name], dtype) for name, dtype in fed.items()}
                feeds |= {key: arrays[key] for key in (SHARE, SIZES) if key in arrays}
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

    def batches(self) -> AbstractContextManager[Iterable[Batch]]:
        """The rest of the epoch that the progress stands in."""
        trainer, progress = self.trainer, self.trainer.progress
        if isinstance(self.train, Stream):
            return nullcontext(self.streamed(self.train))
        return Batches(
            self.train,
            trainer.plan.rows,
            seed=trainer.seed,
            epoch=progress.epoch,
            start=progress.batch,
            skip=progress.skip,
            fewest=self.fewest,
            augmentation=trainer.plan.augmentation,
            targets=self.targets,
            cuts=trainer.cuts,
        )

    def streamed(self, stream: Stream) -> Iterator[Batch]:
        """The same of batches that come from elsewhere; what became of a batch of a lone row is said once."""
        trainer, progress = self.trainer, self.trainer.progress
        epoch, start = progress.epoch, progress.batch
        together = trainer.plan.accumulate
        batches = stream.epoch(start * together, self.fewest, self.note_once)
        for number, (batch, sizes) in enumerate(grouped(batches, together), start):
            drawn = np.random.default_rng([trainer.seed, epoch, 1, number])
            changes = trainer.plan.augmentation
            cuts = trainer.cuts(batch_size(batch), sizes)
            changed = augment(batch, changes, drawn, self.targets, cuts) if changes else batch
            yield {**changed, SIZES: sizes} if together > 1 else changed

    @property
    def targets(self) -> frozenset[str]:
        """The fields of a batch that are no inputs of the net."""
        return frozenset(port["name"] for port in self.trainer.ports if port["role"] == "target")

    def note_once(self, text: str) -> None:
        """Tell it, unless this training has told it."""
        if text not in self.notes:
            self.notes.append(text)
            self.listener.noted(text)

    def count(self, came: list[StepResult], began: float) -> None:
        """Add the results of steps, in their order, to the epoch that began then."""
        progress = self.trainer.progress
        for result in came:
            progress.add(result.values, result.rows, result.parts, skipped=result.skipped is not None)
            if result.skipped is not None:
                self.listener.noted(result.skipped)
            progress.seconds = time.monotonic() - began
            self.listener.stepped(progress, self.trainer.results(result))

    def rates(self, back: int = 0) -> list[float]:
        """The learning rate of each step of the plan for the next batch, or for one so many before."""
        trainer, plan, progress = self.trainer, self.trainer.plan, self.trainer.progress
        done = progress.epoch * self.steps_per_epoch + progress.skip // plan.rows
        done += progress.batch + trainer.steps_started - progress.step  # not steps made: they had batches of any size
        done -= back
        factor = progress.rate_factor * self.feedback
        rates = [step.optimizer.lr * factor for step in plan.steps]
        return [plan.schedule.rate(base, done, self.steps_per_epoch, self.epochs) for base in rates]

    def close_epoch(self, rate: float) -> None:
        """Validate, keep the best weights, write the record."""
        trainer, progress = self.trainer, self.trainer.progress
        if trainer.loss_scale is not None and trainer.loss_scale.exhausted():
            raise diverged(f"the gradients are not finite at any loss scale in step {progress.step}", rate)
        means = progress.means()
        if not means and progress.taken > progress.rows:  # on other batches no step of the plan was due
            raise diverged(f"no step of epoch {progress.epoch + 1} had a finite loss", rate)
        measured = single(trainer.measure(self.test)) if self.test is not None else {}
        if not finite(measured):
            raise diverged(f"the held-out {not_finite(measured)} after epoch {progress.epoch + 1}", rate)
        record: Record = {"epoch": progress.epoch + 1, "step": progress.step, "learning_rate": rate}
        record |= means | {f"{PREFIX}{name}": value for name, value in measured.items()}
        record["seconds"] = round(progress.seconds, 3)
        best = self.better(means, measured)
        if best is not None or progress.best is None:  # until one has the figure that counts, the last weights are kept
            self.keep_best()
        progress.finish_epoch(record, best)  # only now: where weights cannot be written, the best is that before
        if self.folder is not None:
            self.folder.epochs.add(record)
        self.listener.epoch_ended(record, best is not None)

    def better(self, means: Mapping[str, float], measured: Mapping[str, float]) -> Best | None:
        """The epoch as the best so far, by what was measured on held-out rows, else by the means of training.

        None where it is not. One without the figure that counts is not: the steps of the plan never ran together in it.
        """
        progress, best, values = self.trainer.progress, self.trainer.progress.best, measured or means
        name, higher = self.watched(values)
        label = f"{PREFIX}{name}" if measured else name
        if name not in values:
            return None
        found = progress.improves(label, values[name], higher, values.get(LOSS, means.get(LOSS)))
        if best is not None and best["metric"] != label:
            self.listener.noted(
                f"the best epoch is chosen by {label} from epoch {progress.epoch + 1} on: epoch {best['epoch']}, "
                f"the best by {best['metric']}, is not compared with it, and its weights are not kept"
            )
        return found

    def watched(self, values: Mapping[str, float]) -> tuple[str, bool]:
        """What picks the best epoch: the plan's first metric, else the loss."""
        for term in self.trainer.plan.metrics:
            if term.name in values:
                return term.name, term.metric.higher_is_better
        return LOSS, False

    def keep_best(self) -> None:
        """Keep the weights as they are: in the folder, or else in memory."""
        trainer = self.trainer
        weights, adapter = trainer.averaged().state_dict(), trainer.adapter()
        if self.folder is None:
            trainer.best_weights, trainer.best_adapter = weights, adapter
        else:
            at = trainer.progress.epoch + 1, trainer.progress.step
            self.folder.best_weights.save(weights, at, self.card(), adapter)
            trainer.best_weights, trainer.best_adapter = None, None

    def card(self) -> dict[str, Any] | None:
        """What the data means, for the files that hold weights."""
        return None if self.trainer.card is None else self.trainer.card.to_json()

    def save(self) -> None:
        """Write a checkpoint, unless there is no folder. What is not finite is not written: it raises E701."""
        if self.folder is None:
            return
        self.trainer.save(self.folder, self.rows, self.trainer.card)
        self.saved_at = time.monotonic()


def grouped(batches: Iterable[Batch], count: int) -> Iterator[tuple[Batch, np.ndarray]]:
    """So many batches joined to one, of which an update is made, and the rows of each; the last ones may be fewer.

    Raises DiagnosticError E581 for batches of different shapes.
    """
    rest = iter(batches)
    while some := list(islice(rest, count)):
        shapes = {name: {batch[name].shape[1:] for batch in some} for name in some[0]}
        odd = next((name for name, found in shapes.items() if len(found) > 1), None)
        if odd is not None:
            message = f"batches of one update have `{odd}` in {len(shapes[odd])} shapes"
            help = "give batches of one shape, or leave `accumulate` out"
            raise DiagnosticError(Diagnostic("E581", message, help=help))
        sizes = np.array([len(next(iter(batch.values()))) for batch in some])
        yield {name: np.concatenate([batch[name] for batch in some]) for name in some[0]}, sizes
