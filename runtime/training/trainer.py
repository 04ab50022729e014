"""Training: one step, and the loop over epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from netc.compiler import (
    AVERAGE,
    LOSS,
    Figure,
    Options,
    Parts,
    Port,
    Tallies,
    TrainPlan,
    check_decided,
    compile_scorer,
    decided,
    fit,
    fit_state,
    followed,
    initial_state,
    override,
    provisional,
    read_tensors,
    said,
    single,
    undecided,
)
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.augment import unmixed
from netc.runtime.data.card import CARD_KEY, NO_CARD, Card, card_of
from netc.runtime.data.feed import feed
from netc.runtime.data.given import BoundBatches, Measured, bind, measured
from netc.runtime.devices.precision import check_precision
from netc.runtime.folder.initial import read_starts
from netc.runtime.folder.listener import Listener, Listeners
from netc.runtime.folder.progress import Progress, finite, not_finite
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.model import Model, ports, scalars
from netc.runtime.runs.evaluate import batches_of, evaluate
from netc.runtime.runs.final import close_run
from netc.runtime.runs.run import check_same_rows
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Results, Session, StepSession
from netc.runtime.show.history import History
from netc.runtime.show.progress import shown
from netc.runtime.training.accumulated import steps_for
from netc.runtime.training.diverged import diverged
from netc.runtime.training.loop import Loop
from netc.runtime.training.loss_scale import LossScale
from netc.runtime.training.recorded import folder_for
from netc.runtime.training.steps import rows_of


class StepResult(NamedTuple):
    """Loss and metrics of a step, how many examples it had, and the parts of metrics that are made of parts."""

    values: dict[str, float]
    rows: int
    parts: Parts


class Trainer:
    """Trains a model by a plan.

    plan      a TrainPlan, the label of a train section, or None for the first section of the net
    seed      of the shuffling, the augmentation and dropout; None takes the model's
    options   how the step's graph is written; None takes the compiler's defaults
    profile   record the time of every operator until `end_profile` is called
    settings  override the plan: batch=64, epochs=5, lr=1e-4, …

    After `fit`: `history`, `progress`, `card` (what the data means), `path` of the run folder, or else `best_weights`.

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
        self.path: Path | None = None
        self.settings = settings
        written = any(item is chosen for item in model.net.plans) and model.net.plan(chosen.label) is chosen
        self.own_plan = not written
        self.options = options = options or Options()
        self._resumed: Card | None = None
        check_precision(model.device, options.precision)
        self._profile = profile
        self.notes: list[str] = []
        if model.drawn and self.plan.init:
            found = read_starts(model.net, self.plan)
            model.load_state_dict(found.weights, strict=False)
            self.notes = found.report
        for target, source, _ in followed(model.net.parameters, self.plan):
            model.weights.put(target.name, model.weights.get(source.name))
        self.state = Resident(model.device)
        self._averaged: Model | None = None
        self._prepare(1)
        self._running: StepSession | None = None
        self._waiting: list[tuple[float, int]] = []

    def __repr__(self) -> str:
        done = f"epoch {self.progress.epoch} of {self.plan.epochs}, step {self.progress.step:,}"
        return f"<trainer of {self.model.net.name}: {done}, {self.model.device.name}>"

    def step(self, batch: Mapping[str, Any], lr: float | None = None) -> dict[str, float]:
        """One update of the weights with a batch {input or target name: array [N, …]}.

        lr   the learning rate of this step; None takes the optimizer's, of each step of the plan its own

        Returns the loss and metrics of the batch, before the update. Raises DiagnosticError E555 to E558 where the
        arrays don't fit, and E701 when the loss is NaN or infinite: the weights then stay as they were, and the
        optimizer's state starts afresh. Where the loss is scaled, for `mixed` precision, such a step is skipped, and
        raises E701 only when no scale is left that could help.
        """
        check_decided(self.plan)
        fed = feed(self.ports, batch, self.card or self.model.card or NO_CARD)
        if rows_of(fed, self.ports) == 0:
            help = "give one example at least"
            raise DiagnosticError(Diagnostic("E556", "the batch has no rows, and so no loss", help=help))
        results = self.update(fed, [step.optimizer.lr if lr is None else lr for step in self.plan.steps])
        self.progress.step += 1
        return results

    def update(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> dict[str, float]:
        """`step` without checks and without counting: contiguous arrays of the declared types, and the rates."""
        last = (self.start(feeds, rates) + self.finish())[-1]
        return self.results(last)

    def results(self, of: StepResult) -> dict[str, float]:
        """Loss and metrics of one step, those that are one number."""
        return of.values | single(self.tallies.figures(of.parts))

    def start(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> list[StepResult]:
        """One step, without waiting for its loss where that is on a card; the results that have come back by now.

        rates  the learning rate of each step of the plan

        On a CPU they come at once. On a card they come every few steps, and so does E701: the steps after the one
        that diverged have then changed the weights. A plan of several steps waits for each of them.
        """
        if len(self._all_steps) > 1 or self.plan.accumulate > 1:
            return [self._in_turn(feeds, rates)]
        (rate,) = rates
        rows = rows_of(feeds, self.ports)
        session = self._steps.session(rows, self.state)
        before = self.finish() if session is not self._running else []
        self._running = session
        given, share = unmixed(feeds)
        at = self.steps_started + len(before)
        came = session.start({**given, **scalars(self.manifest, seed=self.seed, step=at, rate=rate, share=share)})
        self._waiting.append((rate, rows))
        if all(map(self._accepts, came)):
            session.swap()
        return before + self._checked(came, after=len(before))

    def _in_turn(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> StepResult:
        """The steps of the plan one after the other: `loss.NAME` is that of each, `loss` their sum where all ran."""
        rows = rows_of(feeds, self.ports)
        came_of: Results = {}
        losses: list[float] = []
        for steps, rate in zip(self._all_steps, rates, strict=True):
            count, waits = divmod(self.progress.step, steps.step.every)
            if waits:
                continue
            came = steps.run(feeds, self.state, self._accepts, seed=self.seed, count=count, rate=rate)
            if not self._accepts(came):
                self._start_state()
                of = "" if steps.step.name is None else f" of step {steps.step.name}"
                raise diverged(f"the {not_finite(came)}{of} in step {self.progress.step + 1}", rate)
            losses.append(came.pop(LOSS))
            came_of |= came if steps.step.name is None else {**came, f"{LOSS}.{steps.step.name}": losses[-1]}
        if len(losses) == len(self._all_steps):
            came_of[LOSS] = sum(losses)
        values, parts = self.tallies.split(came_of)
        return StepResult(values, rows, parts)

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

    def _checked(self, came: list[Results], after: int = 0) -> list[StepResult]:
        results: list[StepResult] = []
        for at, values in enumerate(came, 1 + after):
            rate, rows = self._waiting.pop(0)
            if not self._accepts(values):
                self._waiting.clear()
                self._start_state()
                raise diverged(f"the {not_finite(values)} in step {self.progress.step + at}", rate)
            numbers, parts = self.tallies.split(values)
            results.append(StepResult(numbers, rows, parts))
        return results

    @cached_property
    def scorer(self) -> Session | None:
        """What measures predictions, or None where all that is measured exists in training alone."""
        scorer = compile_scorer(self.model.net, self.plan)
        if not scorer.manifest["outputs"]:
            return None
        return Session(scorer, self.model.device, threads=self.model.threads)

    def evaluate(self, data: Any) -> dict[str, Figure]:
        """The mean loss and metrics over data, in inference mode.

        data  what `fit` takes: its part `test` or `val` where it names its parts, else all rows
        """
        return self.measure(measured(data, self.ports, self.card or self.model.card))

    def measure(self, rows: Measured) -> dict[str, Figure]:
        """`evaluate` for rows that are bound, or a function that begins a pass over batches.

        There are no figures where all that is measured exists in training alone.
        """
        if self.scorer is None:
            return {}
        names = [said(port) for port in ports(self.scorer.manifest, "prediction")]
        model = self.averaged()
        read = [port["name"] for port in model.inputs(names)]

        def predict(given: Mapping[str, Array]) -> Mapping[str, Array]:
            return model.forward({name: given[name] for name in read}, names)

        batches = batches_of(rows, self.plan.batch) if isinstance(rows, BoundBatches) else rows()
        return evaluate(predict, self.scorer, batches)

    def fit(
        self,
        data: Any,
        *,
        epochs: int | None = None,
        validation: Any = None,
        steps: int | None = None,
        out: str | Path | RunFolder | None = None,
        listener: Listener | Sequence[Listener] | None = None,
        quiet: bool = False,
        checkpoint_seconds: float = 60.0,
    ) -> History:
        """Train for the plan's epochs, or go on from where the trainer's progress stands.

        data         what `--data` takes ("digits", "photos:size=64"), a DataSet, {name: array}, (x, y), or batches: a
                     torch DataLoader, a list, a generator. Arrays are [N, …] as the net declares them, channels first
        epochs       the total; None takes the plan's
        validation   the same kinds of data, to measure on after each epoch, or the share of rows to hold out (0.2);
                     None takes what the data brings or names, if anything
        steps        batches of an epoch, for a generator and whatever else has no length
        out          a new folder for all that `netc train` writes; `resume` goes on with one
        listener     follows the training; several are a list
        quiet        shows no progress; without it a terminal or a notebook shows it
        checkpoint_seconds   the longest time between two checkpoints; each epoch ends with one anyway

        Returns the history: a record for each epoch, with loss and metrics of training, and the same on validation rows
        with `validation_` in front. Ctrl-C finishes the step, writes a checkpoint and raises Interrupted (a
        KeyboardInterrupt). Raises DiagnosticError E701 when the loss is NaN or infinite, E580 for what is no data, E563
        for a folder that isn't empty, E569 where another training is at work in it.
        """
        bound = bind(data, self.ports, validation, self.card, steps, begun=self.model.card)
        if self._resumed is not None:
            check_same_rows(self._resumed, bound.card)
        self._decide(bound.card)
        total = override(self.plan, epochs=epochs).epochs
        with folder_for(self, bound, total, out) as (folder, notes):
            self.path = folder.path if folder is not None else self.path
            self.card = self.model.card = bound.card
            followers = Listeners(shown(listener, quiet=quiet))
            Loop(self, bound, total, folder, followers, checkpoint_seconds, notes).run()
            if folder is not None:
                final, device = bound.final, self.model.device
                close_run(folder, self.model.net, self.plan, bound.card, final, device, self.progress.history)
        return self.history

    def _decide(self, card: Card) -> None:
        """Weights of classes that the data decides, as numbers; raises DiagnosticError E584 where it can't."""
        if undecided(self.plan):
            self.plan = decided(self.plan, card.counts)
            check_decided(self.plan)
            self._prepare(self._phase.begun)
            self.__dict__.pop("ports", None)

    @property
    def history(self) -> History:
        """The epochs so far."""
        best = self.progress.best
        return History(self.progress.history, None if best is None else best["epoch"], self.model.net.name)

    def end_profile(self) -> bytes:
        """The events that ONNX Runtime recorded since the trainer was made, as JSON; nothing is recorded after this."""
        return self._steps.session(self.plan.batch, self.state).session.end_profile()

    def _accepts(self, results: Results) -> bool:
        """Whether a step is no divergence: its results are finite, or the graph skipped it to lower the loss scale."""
        return finite(results) or (self.loss_scale is not None and not self.loss_scale.exhausted())

    def _start_state(self) -> None:
        """The optimizer's state as it is before the first step. Averages are equal to the weights as they are."""
        self._put_state(keep=set())

    def _put_state(self, keep: Set[str]) -> None:
        for steps in self._all_steps:
            for manifest in steps.manifests:
                equal = {port["name"]: port["of"] for port in ports(manifest, "state") if "of" in port}
                for name, start in initial_state(manifest):
                    if name not in keep:
                        self.state.put(name, self.model.weights.get(equal[name]) if name in equal else start)

    def enter(self, epoch: int) -> None:
        """Let go what `unfreeze` says that moves from this epoch on, counted from 1. `fit` does it by itself.

        What moved before keeps its optimizer state; what begins to move has none yet.
        """
        if self.plan.in_epoch(epoch) != self._phase:
            self.finish()
            self._prepare(epoch)

    def _prepare(self, epoch: int) -> None:
        """The steps of an epoch, and the state that is new in them."""
        self._phase, held = self.plan.in_epoch(epoch), set(self.state.current)
        model, plan, options, profile = self.model, provisional(self._phase), self.options, self._profile
        self._all_steps = tuple(steps_for(model, plan, step, options, profile=profile) for step in plan.steps)
        self._steps = self._all_steps[0]
        self._running = None
        self.artifact, self.manifest = self._steps.artifact, self._steps.manifest
        self.tallies = Tallies(self.manifest)
        self._put_state(keep=held)
        self.loss_scale = LossScale.of(self._steps.manifests[-1], self.state)

    def averaged(self) -> Model:
        """The model that is measured and kept: with the moving average of the weights where the plan has one.

        Its weights are those of now; call again after further steps.
        """
        if self.plan.average is None:
            return self.model
        if self._averaged is None:
            model = self.model
            self._averaged = Model(model.net, model.device, model.seed, threads=model.threads, target=model.target)
        self.finish()
        for name in self.model.weights.current:
            average = f"{AVERAGE}{name}"
            held = self.state if average in self.state.current else self.model.weights
            self._averaged.weights.put(name, held.get(average if held is self.state else name))
        return self._averaged

    @property
    def _state_ports(self) -> list[Port]:
        """What the next update depends on besides weights, as ports, each once."""
        found = [port for steps in self._all_steps for manifest in steps.manifests for port in ports(manifest, "state")]
        return list({port["name"]: port for port in found if not port.get("passing")}.values())

    @property
    def replays(self) -> bool:
        """Whether the step of whole batches is replayed as a CUDA graph."""
        return self._steps.session(self.plan.batch, self.state).replays

    @cached_property
    def ports(self) -> list[Any]:
        """The inputs and targets of a batch, as ports of the manifests of all steps, each once."""
        manifests = [manifest for steps in self._all_steps for manifest in steps.manifests]
        found = [port for manifest in manifests for port in ports(manifest, "data", "target")]
        return list({port["name"]: port for port in found}.values())

    def checkpoint(self) -> dict[str, Array]:
        """A copy of every tensor that the next step depends on: parameters and optimizer state."""
        state = {port["name"]: self.state.get(port["name"]) for port in self._state_ports}
        return self.model.state_dict() | state

    def resume(self, out: str | Path) -> None:
        """Go on from the last checkpoint in a folder; raises DiagnosticError E553, and as `restore` does."""
        folder = RunFolder(Path(out))
        tensors, about, progress = folder.read_last()
        card = card_of(read_tensors(folder.last)[1].get(CARD_KEY), str(folder.last))
        self.restore(tensors, progress)
        self.seed, self.card, self._resumed, self.path = about["seed"], card, card, folder.path
        self.model.card = card
        if card is not None and card.counts:
            self._decide(card)

    def restore(self, tensors: Mapping[str, Array], progress: Progress) -> None:
        """Go on from a checkpoint; raises DiagnosticError E561 where it isn't one of this net and optimizer.

        E552 is a tensor of another shape, E554 state that isn't of finite floats. Nothing is set unless all fits.
        """
        phase = self.plan.in_epoch(progress.epoch + (1 if progress.taken else 0))
        if phase != self._phase:
            self._prepare(phase.begun)
        names = self.model.weights.current.keys() | {port["name"] for port in self._state_ports}
        if names != tensors.keys():
            odd = sorted(names ^ tensors.keys())[0]
            raise DiagnosticError(
                Diagnostic(
                    "E561",
                    f"the checkpoint does not fit the net: it {'lacks' if odd in names else 'also holds'} `{odd}`",
                    help="resume with the net and the optimizer that the run began with",
                )
            )
        net, states = self.model.net, self._state_ports
        parameters = {parameter.name: parameter.value for parameter in net.parameters}
        weights = fit(tensors, parameters, net, file="the checkpoint")
        state = fit_state(tensors, states, file="the checkpoint")
        self.model.load_state_dict(weights)
        for name, array in state.items():
            self.state.put(name, array)
        self.progress = progress
