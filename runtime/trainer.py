"""Training: one step, and the loop over epochs."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import TrainPlan, compile_scorer, compile_training, override
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.batches import BoundBatches, bind
from netc.runtime.data.batches import batches
from netc.runtime.evaluate import evaluate
from netc.runtime.feed import feed
from netc.runtime.files import make_folder
from netc.runtime.interrupt import Interrupted, interruptible
from netc.runtime.model import Model, ports, scalars
from netc.runtime.progress import Listener, Progress, Record, Silent, finite, not_finite
from netc.runtime.run_folder import RunFolder
from netc.runtime.session import Array, Resident, Session, StepSession


class Trainer:
    """Trains a model by a plan.

    plan      a TrainPlan, the label of a train section, or None for the first section of the net
    seed      of the shuffling, the augmentation and dropout; None takes the model's
    profile   record the time of every operator until `end_profile` is called
    settings  override the plan: batch=64, epochs=5, lr=1e-4, …

    Raises DiagnosticError E401 where the net has no such section.
    """

    def __init__(
        self,
        model: Model,
        plan: TrainPlan | str | None = None,
        *,
        seed: int | None = None,
        profile: bool = False,
        **settings: Any,
    ) -> None:
        chosen = plan if isinstance(plan, TrainPlan) else model.net.plan(plan)
        self.model = model
        self.plan = override(chosen, **settings) if settings else chosen
        self.seed = model.seed if seed is None else seed
        self.progress = Progress()
        self.best_weights: dict[str, Array] | None = None
        self.artifact = compile_training(model.net, self.plan)
        self.manifest = self.artifact.manifest
        self.state = Resident(model.device)
        for port in ports(self.manifest, "state"):
            shape = [size for size in port["shape"] if isinstance(size, int)]
            self.state.put(port["name"], np.zeros(shape, np.dtype(port["dtype"])))
        self._session = StepSession(self.artifact, model.weights, self.state, threads=model.threads, profile=profile)
        self._scorer: Session | None = None

    def step(self, batch: Mapping[str, Any], lr: float | None = None) -> dict[str, float]:
        """One update of the weights with a batch {input or target name: array [N, …]}.

        lr   the learning rate of this step; None takes the optimizer's

        Returns the loss and metrics of the batch, before the update. Raises DiagnosticError E555 to E558 where the
        arrays don't fit, and E701 when the loss is NaN or infinite: the weights then stay as they were.
        """
        fed = feed(ports(self.manifest, "data", "target"), batch)
        results = self._step(fed, self.plan.optimizer.lr if lr is None else lr)
        self.progress.step += 1
        return results

    def _step(self, feeds: Mapping[str, Array], rate: float) -> dict[str, float]:
        step = self.progress.step
        results = self._session.run({**feeds, **scalars(self.manifest, seed=self.seed, step=step, rate=rate)})
        if not finite(results):
            raise diverged(f"the {not_finite(results)} in step {step + 1}", rate)
        self._session.swap()
        return results

    def evaluate(self, data: Any) -> dict[str, float]:
        """The mean loss and metrics over data, in inference mode.

        data  {name: array}, or what `fit` takes, of which the held-out rows count
        """
        if isinstance(data, BoundBatches):
            rows = data
        else:
            parts = bind(data, self.ports)
            rows = parts.train if parts.test is None else parts.test
        if self._scorer is None:
            self._scorer = Session(compile_scorer(self.model.net, self.plan), self.model.device)
        names = [port["name"] for port in ports(self._scorer.manifest, "prediction")]
        return evaluate(lambda given: self.model.run(given, names), self._scorer, rows, self.plan.batch)

    def fit(
        self,
        data: Any,
        *,
        epochs: int | None = None,
        validation: Any = None,
        out: str | Path | RunFolder | None = None,
        listener: Listener | None = None,
        checkpoint_seconds: float = 60.0,
    ) -> list[Record]:
        """Train for the plan's epochs, or go on from where the trainer's progress stands.

        data         what `--data` takes, a DataSet, or {name: array}
        epochs       the total; None takes the plan's
        validation   {name: array} to measure on after each epoch; None takes the data's own test part, if any
        out          a folder for checkpoints and results; `resume` goes on from it
        listener     follows the training
        checkpoint_seconds   the longest time between two checkpoints; each epoch ends with one anyway

        Returns a record for each epoch: loss and metrics of training, the same on validation rows with `validation_`
        in front. Ctrl-C finishes the step, writes a checkpoint and raises Interrupted (a KeyboardInterrupt). Raises
        DiagnosticError E701 when the loss is NaN or infinite.
        """
        bound = bind(data, self.ports, validation)
        folder = RunFolder(Path(out)) if isinstance(out, str | Path) else out
        if folder is not None:
            make_folder(folder.path)
        total = self.plan.epochs if epochs is None else epochs
        loop = _Loop(self, bound.train, bound.test, total, folder, listener or Silent(), checkpoint_seconds)
        loop.run()
        return self.progress.history

    def end_profile(self) -> bytes:
        """The events that ONNX Runtime recorded since the trainer was made, as JSON; nothing is recorded after this."""
        return self._session.session.end_profile()

    @property
    def ports(self) -> list[Any]:
        """The inputs and targets of a batch, as ports of the manifest."""
        return ports(self.manifest, "data", "target")

    def checkpoint(self) -> dict[str, Array]:
        """A copy of every tensor that the next step depends on: parameters and optimizer state."""
        state = {name: self.state.get(name) for name in self.state.current}
        return self.model.state_dict() | state

    def resume(self, out: str | Path) -> None:
        """Go on from the last checkpoint in a folder; raises DiagnosticError E553, E561."""
        tensors, about, progress = RunFolder(Path(out)).read_last()
        self.seed = about["seed"]
        self.restore(tensors, progress)

    def restore(self, tensors: Mapping[str, Array], progress: Progress) -> None:
        """Go on from a checkpoint; raises DiagnosticError E561 where it isn't one of this net and optimizer."""
        names = self.model.weights.current.keys() | self.state.current.keys()
        if names != tensors.keys():
            odd = sorted(names ^ tensors.keys())[0]
            raise DiagnosticError(
                Diagnostic(
                    "E561",
                    f"the checkpoint does not fit the net: `{odd}` is in one alone",
                    help="resume with the net and the optimizer that the run began with",
                )
            )
        self.model.load_state_dict({name: tensors[name] for name in self.model.weights.current})
        for name in self.state.current:
            self.state.put(name, tensors[name])
        self.progress = progress


def diverged(message: str, rate: float) -> DiagnosticError:
    """E701 with the learning rate of the step."""
    return DiagnosticError(
        Diagnostic(
            "E701",
            message,
            notes=(f"the learning rate was {rate:.3g}",),
            help="lower the learning rate, or set `clip_norm = 1.0` in the train section",
        )
    )


class _Loop:
    """One call of `fit`."""

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
        self.steps_per_epoch = math.ceil(len(train) / trainer.plan.batch)
        self.saved_at = time.monotonic()

    def run(self) -> None:
        progress = self.trainer.progress
        self.listener.started(progress, self.epochs, self.steps_per_epoch)
        try:
            with interruptible() as asked:
                if self.folder is not None:
                    self.folder.restart(progress)
                    self.save()  # finds out at once whether the folder can be written, and is the first good state
                while progress.epoch < self.epochs:
                    self.epoch(asked)
                    self.save()
                    if asked.is_set() and progress.epoch < self.epochs:
                        raise Interrupted(progress.step)
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

    def epoch(self, asked: Any) -> None:
        trainer, progress = self.trainer, self.trainer.progress
        began = time.monotonic() - progress.seconds
        fed = {port["name"]: np.dtype(port["dtype"]) for port in ports(trainer.manifest, "data", "target")}
        rate = 0.0
        with batches(
            self.train,
            trainer.plan.batch,
            seed=trainer.seed,
            epoch=progress.epoch,
            start=progress.batch,
            augmentation=trainer.plan.augmentation,
        ) as ready:
            for arrays in ready:
                feeds = {name: np.ascontiguousarray(arrays[name], dtype) for name, dtype in fed.items()}
                rate = self.rate()
                results = trainer._step(feeds, rate)
                progress.add(results, len(next(iter(feeds.values()))))
                progress.seconds = time.monotonic() - began
                self.listener.stepped(progress, results)
                if asked.is_set() and progress.batch < self.steps_per_epoch:
                    self.save()
                    raise Interrupted(progress.step)
                if time.monotonic() - self.saved_at > self.checkpoint_seconds:
                    self.save()
        self.close_epoch(rate)

    def rate(self) -> float:
        plan, step = self.trainer.plan, self.trainer.progress.step
        return plan.schedule.rate(plan.optimizer.lr, step, self.steps_per_epoch, self.epochs)

    def close_epoch(self, rate: float) -> None:
        """Validate, keep the best weights, write the record."""
        trainer, progress = self.trainer, self.trainer.progress
        means = progress.means()
        measured = trainer.evaluate(self.test) if self.test is not None and len(self.test) else {}
        if not finite(measured):
            raise diverged(f"the held-out {not_finite(measured)} after epoch {progress.epoch + 1}", rate)
        record: Record = {"epoch": progress.epoch + 1, "step": progress.step, "learning_rate": rate}
        record |= means | {f"validation_{name}": value for name, value in measured.items()}
        record["seconds"] = round(progress.seconds, 3)
        name, higher = self.watched(measured or means)
        label = f"validation_{name}" if measured else name
        improved = progress.improves(label, (measured or means)[name], higher)
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
        return "loss", False

    def keep_best(self) -> None:
        weights = self.trainer.model.state_dict()
        if self.folder is None:
            self.trainer.best_weights = weights
        else:
            self.folder.save_best(weights)

    def save(self) -> None:
        if self.folder is None:
            return
        trainer = self.trainer
        tensors = trainer.checkpoint()
        if not all(np.isfinite(array).all() for array in tensors.values()):
            raise diverged(f"a weight is not finite after step {trainer.progress.step}", self.rate())
        self.folder.save_last(tensors, trainer.seed, len(self.train), trainer.progress)
        self.saved_at = time.monotonic()
