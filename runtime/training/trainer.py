"""Training: one step, and the loop over epochs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from netc.compiler import (
    LOSS,
    Options,
    TrainPlan,
    compile_scorer,
    fit,
    fit_state,
    initial_state,
    override,
    read_tensors,
    said,
)
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.card import CARD_KEY, Card, card_of
from netc.runtime.data.feed import feed
from netc.runtime.data.given import BoundBatches, bind
from netc.runtime.data.given import rows_of as rows_in
from netc.runtime.devices.precision import check_precision
from netc.runtime.folder.files import make_folder
from netc.runtime.folder.progress import Listener, Progress, Record, Silent, finite, not_finite
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.model import Model, ports, scalars
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Session, StepSession
from netc.runtime.training.diverged import diverged
from netc.runtime.training.evaluate import evaluate
from netc.runtime.training.loop import Loop
from netc.runtime.training.loss_scale import LossScale
from netc.runtime.training.steps import Steps, rows_of


class StepResult(NamedTuple):
    """Loss and metrics of a step, and how many examples it had."""

    values: dict[str, float]
    rows: int


class Trainer:
    """Trains a model by a plan.

    plan      a TrainPlan, the label of a train section, or None for the first section of the net
    seed      of the shuffling, the augmentation and dropout; None takes the model's
    options   how the step's graph is written; None takes the compiler's defaults
    profile   record the time of every operator until `end_profile` is called
    settings  override the plan: batch=64, epochs=5, lr=1e-4, …

    Raises DiagnosticError E401 where the net has no such section, E605 where the device does not have the precision
    that the options name.
    """

    def __init__(
        self,
        model: Model,
        plan: TrainPlan | str | None = None,
        *,
        seed: int | None = None,
        options: Options | None = None,
        profile: bool = False,
        **settings: Any,
    ) -> None:
        chosen = plan if isinstance(plan, TrainPlan) else model.net.plan(plan)
        self.model = model
        self.plan = override(chosen, **settings) if settings else chosen
        self.seed = model.seed if seed is None else seed
        self.progress = Progress()
        self.best_weights: dict[str, Array] | None = None
        self.card: Card | None = None
        options = options or Options()
        check_precision(model.device, options.precision)
        self._all_steps = tuple(Steps(model, self.plan, step, options, profile=profile) for step in self.plan.steps)
        self._steps = self._all_steps[0]
        self.artifact, self.manifest = self._steps.artifact, self._steps.manifest
        self.state = Resident(model.device)
        self._start_state()
        self.loss_scale = LossScale.of(self.manifest, self.state)
        self._scorer: Session | None = None
        self._running: StepSession | None = None
        self._waiting: list[tuple[float, int]] = []

    def step(self, batch: Mapping[str, Any], lr: float | None = None) -> dict[str, float]:
        """One update of the weights with a batch {input or target name: array [N, …]}.

        lr   the learning rate of this step; None takes the optimizer's, of each step of the plan its own

        Returns the loss and metrics of the batch, before the update. Raises DiagnosticError E555 to E558 where the
        arrays don't fit, and E701 when the loss is NaN or infinite: the weights then stay as they were, and the
        optimizer's state starts afresh. Where the loss is scaled, for `mixed` precision, such a step is skipped, and
        raises E701 only when no scale is left that could help.
        """
        fed = feed(self.ports, batch)
        if rows_of(fed, self.ports) == 0:
            help = "give one example at least"
            raise DiagnosticError(Diagnostic("E556", "the batch has no rows, and so no loss", help=help))
        results = self.update(fed, [step.optimizer.lr if lr is None else lr for step in self.plan.steps])
        self.progress.step += 1
        return results

    def update(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> dict[str, float]:
        """`step` without checks and without counting: contiguous arrays of the declared types, and the rates."""
        return (self.start(feeds, rates) + self.finish())[-1].values

    def start(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> list[StepResult]:
        """One step, without waiting for its loss where that is on a card; the results that have come back by now.

        rates  the learning rate of each step of the plan

        On a CPU they come at once. On a card they come every few steps, and so does E701: the steps after the one
        that diverged have then changed the weights. A plan of several steps waits for each of them.
        """
        if len(self._all_steps) > 1:
            return [self._in_turn(feeds, rates)]
        (rate,) = rates
        rows = rows_of(feeds, self.ports)
        session = self._steps.session(rows, self.state)
        before = self.finish() if session is not self._running else []
        self._running = session
        numbers = scalars(self.manifest, seed=self.seed, step=self.steps_started + len(before), rate=rate)
        came = session.start({**feeds, **numbers})
        self._waiting.append((rate, rows))
        if all(map(self._accepts, came)):
            session.swap()
        return before + self._checked(came, after=len(before))

    def _in_turn(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> StepResult:
        """The steps of the plan one after the other: `loss` is the sum of theirs, `loss.NAME` each alone."""
        rows = rows_of(feeds, self.ports)
        values = {LOSS: 0.0}
        for steps, rate in zip(self._all_steps, rates, strict=True):
            session = steps.session(rows, self.state)
            numbers = scalars(steps.manifest, seed=self.seed, step=self.progress.step, rate=rate)
            wanted = {port["name"] for port in ports(steps.manifest, "data", "target")}
            given = {name: array for name, array in feeds.items() if name in wanted}
            (came,) = [*session.start({**given, **numbers}), *session.finish()]
            if not self._accepts(came):
                self._start_state()
                what = f"the {not_finite(came)} of step {steps.step.name} in step {self.progress.step + 1}"
                raise diverged(what, rate)
            session.swap()
            loss = came.pop(LOSS)
            values |= {**came, f"{LOSS}.{steps.step.name}": loss, LOSS: values[LOSS] + loss}
        return StepResult(values, rows)

    def finish(self) -> list[StepResult]:
        """The results of steps that have been started and have not come back yet; raises E701 as `step` does."""
        if self._running is None:
            return []
        came = self._running.finish()
        if came and not self._accepts(came[-1]) and all(map(self._accepts, came[:-1])):
            self._running.swap()  # back: the last step is the one that diverged
        return self._checked(came)

    @property
    def steps_started(self) -> int:
        """Steps made, those among them whose results have not come back yet."""
        return self.progress.step + len(self._waiting)

    def _checked(self, came: list[dict[str, float]], after: int = 0) -> list[StepResult]:
        results: list[StepResult] = []
        for at, values in enumerate(came, 1 + after):
            rate, rows = self._waiting.pop(0)
            if not self._accepts(values):
                self._waiting.clear()
                self._start_state()
                raise diverged(f"the {not_finite(values)} in step {self.progress.step + at}", rate)
            results.append(StepResult(values, rows))
        return results

    def evaluate(self, data: Any) -> dict[str, float]:
        """The mean loss and metrics over data, in inference mode.

        data  {name: array}, or what `fit` takes: its part `test` or `val` where it names its parts, else all rows
        """
        rows = data if isinstance(data, BoundBatches) else rows_in(data, self.ports, self.card)[1]
        if self._scorer is None:
            self._scorer = Session(
                compile_scorer(self.model.net, self.plan), self.model.device, threads=self.model.threads
            )
        names = [said(port) for port in ports(self._scorer.manifest, "prediction")]
        read = [port["name"] for port in self.model.inputs(names)]

        def predict(given: Mapping[str, Array]) -> Mapping[str, Array]:
            return self.model.run({name: given[name] for name in read}, names)

        return evaluate(predict, self._scorer, rows, self.plan.batch)

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
        DiagnosticError E701 when the loss is NaN or infinite, E569 where another training is at work in the folder.
        """
        bound = bind(data, self.ports, validation, self.card)
        self.card = bound.card
        folder = RunFolder(Path(out)) if isinstance(out, str | Path) else out
        if folder is not None:
            make_folder(folder.path)
        total = override(self.plan, epochs=epochs).epochs
        listener = listener or Silent()
        with contextlib.nullcontext(True) if folder is None else folder.lock.held() as locked:
            if not locked:
                listener.noted(
                    f"the file system of {folder and folder.path} has no locks: start no second training there"
                )
            Loop(self, bound.train, bound.test, total, folder, listener, checkpoint_seconds).run()
        return self.progress.history

    def end_profile(self) -> bytes:
        """The events that ONNX Runtime recorded since the trainer was made, as JSON; nothing is recorded after this."""
        return self._steps.session(self.plan.batch, self.state).session.end_profile()

    def _accepts(self, results: Mapping[str, float]) -> bool:
        """Whether a step is no divergence: its results are finite, or the graph skipped it to lower the loss scale."""
        return finite(results) or (self.loss_scale is not None and not self.loss_scale.exhausted())

    def _start_state(self) -> None:
        """The optimizer's state as it is before the first step."""
        for steps in self._all_steps:
            for name, start in initial_state(steps.manifest):
                self.state.put(name, start)

    @property
    def replays(self) -> bool:
        """Whether the step of whole batches is replayed as a CUDA graph."""
        return self._steps.session(self.plan.batch, self.state).replays

    @cached_property
    def ports(self) -> list[Any]:
        """The inputs and targets of a batch, as ports of the manifests of all steps, each once."""
        found = [port for steps in self._all_steps for port in ports(steps.manifest, "data", "target")]
        return list({port["name"]: port for port in found}.values())

    def checkpoint(self) -> dict[str, Array]:
        """A copy of every tensor that the next step depends on: parameters and optimizer state."""
        state = {name: self.state.get(name) for name in self.state.current}
        return self.model.state_dict() | state

    def resume(self, out: str | Path) -> None:
        """Go on from the last checkpoint in a folder; raises DiagnosticError E553, and as `restore` does."""
        folder = RunFolder(Path(out))
        tensors, about, progress = folder.read_last()
        card = card_of(read_tensors(folder.last)[1].get(CARD_KEY), str(folder.last))
        self.restore(tensors, progress)
        self.seed, self.card = about["seed"], card

    def restore(self, tensors: Mapping[str, Array], progress: Progress) -> None:
        """Go on from a checkpoint; raises DiagnosticError E561 where it isn't one of this net and optimizer.

        E552 is a tensor of another shape, E554 state that isn't of finite floats. Nothing is set unless all fits.
        """
        names = self.model.weights.current.keys() | self.state.current.keys()
        if names != tensors.keys():
            odd = sorted(names ^ tensors.keys())[0]
            raise DiagnosticError(
                Diagnostic(
                    "E561",
                    f"the checkpoint does not fit the net: it {'lacks' if odd in names else 'also holds'} `{odd}`",
                    help="resume with the net and the optimizer that the run began with",
                )
            )
        net, states = self.model.net, [port for steps in self._all_steps for port in ports(steps.manifest, "state")]
        parameters = {parameter.name: parameter.value for parameter in net.parameters}
        weights = fit(tensors, parameters, net, file="the checkpoint")
        state = fit_state(tensors, states, file="the checkpoint")
        self.model.load_state_dict(weights)
        for name, array in state.items():
            self.state.put(name, array)
        self.progress = progress
