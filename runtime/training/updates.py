"""Updates of a model's weights: the steps that a plan makes of a batch, and results that come back later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import Any, NamedTuple

from netc.compiler import LOSS, Options, Parts, Port, Tallies, TrainPlan, first_state, provisional, single
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.augment import unmixed
from netc.runtime.folder.progress import Progress, finite, not_finite
from netc.runtime.model import Model, ports, scalars
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Results, StepSession
from netc.runtime.training.accumulated import SIZES, steps_for
from netc.runtime.training.diverged import diverged, located
from netc.runtime.training.features import Features
from netc.runtime.training.loss_scale import LossScale
from netc.runtime.training.rollback import Rollback
from netc.runtime.training.steps import Outcome, Steps, attempt, rows_of


class StepResult(NamedTuple):
    """Loss and metrics of a step, how many examples it had, and the parts of metrics that are made of parts.

    skipped   why the step was left out, where it was
    """

    values: dict[str, float]
    rows: int
    parts: Parts
    skipped: str | None = None


class Updates:
    """The steps of a plan on a model's weights, with the optimizer's state, as far as the training has come.

    On a card a step starts before the loss of the one before is known: `start` and `finish` are its halves.

    one_by_one  whether every step is waited for on a card too
    lost        the number of the step that diverged, where steps after it have changed the weights since
    """

    one_by_one = False
    lost: int | None = None

    def __init__(
        self,
        model: Model,
        plan: TrainPlan,
        *,
        seed: int,
        options: Options,
        profile: bool,
        cache_features: bool = False,
        skip_bad_steps: int = 0,
    ) -> None:
        self.skip_bad_steps = skip_bad_steps
        self.model, self.plan, self.seed, self.options = model, plan, seed, options
        self.progress = Progress()
        self.state = Resident(model.device)
        self._profile = profile
        self._cache = cache_features
        self._waiting: list[tuple[float, int]] = []
        self._given: Mapping[str, Array] = {}
        self._running: StepSession | None = None
        self._prepare(1)

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
        that diverged have then changed the weights, and no layer is named (`lost`). A plan of several steps waits for
        each of them.
        """
        if len(self._all_steps) > 1 or self.plan.accumulate > 1:
            return [self._in_turn(feeds, rates)]
        (rate,) = rates
        rows = rows_of(feeds, self.ports)
        self.progress.saw(rows, self.plan.batch)
        session = self._steps.session(rows, self.state, self.progress.repeated)
        before = self.finish() if session is not self._running else []
        self._running = session
        given, (share,) = unmixed(feeds)
        at = self.steps_started + len(before)
        given = {**given, **scalars(self.manifest, seed=self.seed, step=at, rate=rate, share=share)}
        if self.skip_bad_steps or self.one_by_one or self.model.device.name == "cpu":
            return [*before, self._judged(attempt(session, given, self._accepts), self._steps, rate, rows, at + 1)]
        self._given = given
        came = session.start(given)
        self._waiting.append((rate, rows))
        if all(map(self._accepts, came)):
            session.swap()
        return before + self._checked(came, after=len(before))

    def _judged(
        self, outcome: Outcome, steps: Steps, rate: float, rows: int, number: int, rollback: Rollback | None = None
    ) -> StepResult:
        """What a step gave; where it was not made, it is skipped, or raises E701 with the layer where that began.

        rollback  of all that was made of the batch, which is taken back where the step was not made
        """
        if outcome.wrong is None:
            values, parts = self.tallies.split(outcome.results)
            return StepResult(values, rows, parts)
        of = "" if steps.step.name is None else f" of step {steps.step.name}"
        if self.progress.skipped < self.skip_bad_steps:
            if rollback is not None:
                rollback.undo()
            self.progress.skipped += 1
            values, parts = self.tallies.split(dict(outcome.results))
            skipped = f"step {number} is skipped: {outcome.wrong}{of}"
            return StepResult(values, rows, parts, f"{skipped} ({self.progress.skipped} of {self.skip_bad_steps})")
        error = diverged(f"{outcome.wrong}{of} in step {number}", rate)
        error = self._located(error, steps, outcome.feeds)  # on the weights that the step had, not on those before all
        if rollback is not None:
            rollback.undo()
        self._start_state()
        raise error

    def _located(self, error: DiagnosticError, steps: Steps, feeds: Mapping[str, Array]) -> DiagnosticError:
        return located(error, steps.model, steps.plan, steps.step, feeds, self.options)

    def _in_turn(self, feeds: Mapping[str, Array], rates: Sequence[float]) -> StepResult:
        """The steps of the plan one after the other: `loss.NAME` is that of each, `loss` their sum where all ran."""
        rows = rows_of(feeds, self.ports)
        for start, end in self.cuts(rows, feeds.get(SIZES)):
            self.progress.saw(end - start, self.plan.batch)
        came_of: Results = {}
        losses: list[float] = []
        rollback = Rollback(state=self.skip_bad_steps > 0)
        for steps, rate in zip(self._all_steps, rates, strict=True):
            count, waits = divmod(self.progress.step, steps.step.every)
            if waits:
                continue
            outcome = steps.run(
                feeds,
                self.state,
                self._accepts,
                seed=self.seed,
                count=count,
                rate=rate,
                repeated=self.progress.repeated,
                rollback=rollback,
            )
            if outcome.wrong is not None:
                return self._judged(outcome, steps, rate, rows, self.progress.step + 1, rollback)
            came = outcome.results
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
                number, is_last = self.progress.step + at, at == len(came) + after
                error = diverged(f"the {not_finite(values)} in step {number}", rate)
                if is_last:  # the weights are those before it
                    error = self._located(error, self._steps, self._given)
                self.lost = None if is_last else number
                self._waiting.clear()
                self._start_state()
                raise error
            numbers, parts = self.tallies.split(values)
            results.append(StepResult(numbers, rows, parts))
        return results

    def _accepts(self, results: Results) -> bool:
        """Whether a step is no divergence: its results are finite, or the graph skipped it to lower the loss scale."""
        return finite(results) or (self.loss_scale is not None and not self.loss_scale.exhausted())

    def _start_state(self) -> None:
        """The optimizer's state as it is before the first step. Averages are equal to the weights as they are."""
        self._put_state(keep=set())

    def _put_state(self, keep: Set[str]) -> None:
        for steps in self._all_steps:
            for manifest in steps.manifests:
                for name, start in first_state(manifest, self.model.weights.get, self.seed):
                    if name not in keep:
                        self.state.put(name, start)

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
        self.features = Features(model, plan) if self._cache else None
        if self.features is not None:
            model, plan = self.features.head, self.features.cut.plan
        self._all_steps = tuple(
            steps_for(model, plan, step, options, profile=profile, undo=self.skip_bad_steps > 0) for step in plan.steps
        )
        self._steps = self._all_steps[0]
        self._running = None
        self.artifact, self.manifest = self._steps.artifact, self._steps.manifest
        self.tallies = Tallies(self.manifest)
        self._put_state(keep=held)
        self.loss_scale = LossScale.of(self._steps.manifests[-1], self.state)

    def replace_plan(self, plan: TrainPlan) -> None:
        """Go on with a plan whose undecided settings have become numbers."""
        self.plan = plan
        self._prepare(self._phase.begun)
        self.__dict__.pop("ports", None)

    @property
    def _state_ports(self) -> list[Port]:
        """What the next update depends on besides weights, as ports, each once."""
        found = [port for steps in self._all_steps for manifest in steps.manifests for port in ports(manifest, "state")]
        return list({port["name"]: port for port in found if not port.get("passing")}.values())

    def cuts(self, rows: int, sizes: Array | None = None) -> list[tuple[int, int]]:
        """Where each of the batches begins and ends whose gradients make an update, of `sizes` where they came so."""
        return self._steps.cuts(rows, sizes)

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

    def end_profile(self) -> bytes:
        """The events that ONNX Runtime recorded since the trainer was made, as JSON; nothing is recorded after this."""
        return self._steps.session(self.plan.batch, self.state).session.end_profile()
