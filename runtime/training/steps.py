"""The sessions of one update of a plan: for batches whose size its graph knows, and one for all other sizes.

With a known size the compiler has more ways to write a graph. The plan's size is known, and sizes that came twice in a
row; the last batch of an epoch, which is often smaller, is not worth the time and the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from netc.compiler import Artifact, Manifest, Options, Port, StepPlan, TrainPlan, compile_training
from netc.runtime.data.augment import unmixed
from netc.runtime.folder.progress import not_finite
from netc.runtime.model import Model, ports, scalars
from netc.runtime.sessions.cuda_step import CudaStepSession
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import StepSession
from netc.runtime.training.rollback import Rollback


class Outcome(NamedTuple):
    """What an update gave, and where it was not made: why, and what its model was given."""

    results: dict[str, Any]
    wrong: str | None = None
    feeds: Mapping[str, Array] = {}


Accepts = Callable[[dict[str, Any]], bool]
"""Whether results are no divergence."""


class Steps:
    """Runs training steps for batches of any size on a model's weights and an optimizer's state.

    `artifact` is the step for whole batches; `manifest` the same with an open batch. A session is made when its first
    batch comes.
    """

    compile = staticmethod(compile_training)

    def __init__(
        self, model: Model, plan: TrainPlan, step: StepPlan, options: Options, *, profile: bool, undo: bool
    ) -> None:
        self.model, self.plan, self.step, self.options, self.profile = model, plan, step, options, profile
        self.undo = undo
        self.artifact = self._compile(plan.batch)
        if options.lowerings:
            self._compile(None)  # what does not apply to an open batch is told now, not at the end of an epoch
        self.manifest = open_batch(self.artifact.manifest)
        self._sessions: dict[int | None, StepSession] = {}

    def cuts(self, rows: int, sizes: Array | None = None) -> list[tuple[int, int]]:
        """Where each of the batches begins and ends that make an update, of `sizes` where they came so."""
        return [(0, rows)]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Of all models that an update takes."""
        return (self.manifest,)

    def session(self, rows: int, state: Resident, repeated: Collection[int] = ()) -> StepSession:
        """The session for a batch of so many rows.

        repeated   sizes that have sessions of their own besides the plan's
        """
        size = rows if rows == self.plan.batch or rows in repeated else None
        if size not in self._sessions:
            whole = size == self.plan.batch
            if size is not None and not whole:
                self._sessions.pop(None, None)  # ran these batches until now: its memory goes to the new one
            artifact = self.artifact if whole else self._compile(size)
            self._sessions[size] = step_session(
                self.model, artifact, state, profile=self.profile and whole, undo=self.undo
            )
        return self._sessions[size]

    def run(
        self,
        feeds: Mapping[str, Array],
        state: Resident,
        accepts: Accepts,
        *,
        seed: int,
        count: int,
        rate: float,
        repeated: Collection[int],
        rollback: Rollback,
    ) -> Outcome:
        """One update, waiting for its results. What is not accepted, or gives weights that aren't finite, is not made.

        count     the number of the update, from 0
        repeated  as in `session`
        rollback  takes back what was made of the update, and of those before it on the same batch
        """
        session = self.session(rows_of(feeds, ports(self.manifest, "data", "target")), state, repeated)
        fields, (share,) = unmixed(feeds)
        numbers = scalars(self.manifest, seed=seed, step=count, rate=rate, share=share)
        return attempt(session, {**fields, **numbers}, accepts, rollback)

    def _compile(self, batch: int | None) -> Artifact:
        net, name = self.model.net, self.step.name
        return self.compile(net, self.plan, step=name, batch=batch, target=self.model.target, options=self.options)


def step_session(model: Model, artifact: Artifact, state: Resident, *, profile: bool, undo: bool) -> StepSession:
    """A session for a step on the model's device.

    undo   whether a step may be left out: no state is then written where it was read
    """
    if model.device.name == "cuda":
        return CudaStepSession(artifact, model.weights, state, threads=model.threads, profile=profile, undo=undo)
    return StepSession(artifact, model.weights, state, threads=model.threads, profile=profile, in_place=not undo)


def attempt(
    session: StepSession, feeds: Mapping[str, Array], accepts: Accepts, rollback: Rollback | None = None
) -> Outcome:
    """One step, which counts where its results are accepted and its weights are finite.

    rollback  of the update that it is a part of
    """
    if rollback is not None:
        rollback.before(session)
    came = run_once(session, feeds)
    if not accepts(came):
        return Outcome(came, f"the {not_finite(came)}", feeds)
    if not session.sound():
        return Outcome(came, "the update is not finite", feeds)
    session.swap()
    if rollback is not None:
        rollback.swapped(session)
    return Outcome(came)


def run_once(session: StepSession, feeds: Mapping[str, Array]) -> dict[str, float]:
    """One step with what its model takes of the feeds, waiting for the results."""
    (came,) = [*session.start({name: feeds[name] for name in feeds if name in session.inputs}), *session.finish()]
    return came


def open_batch(manifest: Manifest) -> Manifest:
    """A manifest whose batch is open again."""

    def opened(port: Port) -> Port:
        return {**port, "shape": ["N", *port["shape"][1:]]} if port["role"] in ("data", "target") else port

    return {**manifest, "inputs": [opened(port) for port in manifest["inputs"]]}


def rows_of(feeds: Mapping[str, Array], ports: list[Port]) -> int:
    """How many examples a batch has."""
    return len(feeds[ports[0]["name"]])
