"""The sessions of one update of a plan: one for whole batches, whose size its graph knows, one for all other sizes.

With a known size the compiler has more ways to write a graph; the last batch of an epoch is often smaller.
"""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler import Artifact, Manifest, Options, Port, StepPlan, TrainPlan, compile_training
from netc.runtime.model import Model
from netc.runtime.sessions.cuda_step import CudaStepSession
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import StepSession


class Steps:
    """Runs training steps for batches of any size on a model's weights and an optimizer's state.

    `artifact` is the step for whole batches; `manifest` the same with an open batch. A session is made when its first
    batch comes.
    """

    def __init__(self, model: Model, plan: TrainPlan, step: StepPlan, options: Options, *, profile: bool) -> None:
        self.model, self.plan, self.step, self.options, self.profile = model, plan, step, options, profile
        self.artifact = self._compile(plan.batch)
        if options.lowerings:
            self._compile(None)  # what does not apply to an open batch is told now, not at the end of an epoch
        self.manifest = open_batch(self.artifact.manifest)
        self._sessions: dict[bool, StepSession] = {}

    def session(self, rows: int, state: Resident) -> StepSession:
        """The session for a batch of so many rows."""
        whole = rows == self.plan.batch
        if whole not in self._sessions:
            artifact = self.artifact if whole else self._compile(None)
            kind = CudaStepSession if self.model.device.name == "cuda" else StepSession
            self._sessions[whole] = kind(
                artifact, self.model.weights, state, threads=self.model.threads, profile=self.profile and whole
            )
        return self._sessions[whole]

    def _compile(self, batch: int | None) -> Artifact:
        net, name = self.model.net, self.step.name
        return compile_training(net, self.plan, step=name, batch=batch, target=self.model.target, options=self.options)


def open_batch(manifest: Manifest) -> Manifest:
    """A manifest whose batch is open again."""

    def opened(port: Port) -> Port:
        return {**port, "shape": ["N", *port["shape"][1:]]} if port["role"] in ("data", "target") else port

    return {**manifest, "inputs": [opened(port) for port in manifest["inputs"]]}


def rows_of(feeds: Mapping[str, Array], ports: list[Port]) -> int:
    """How many examples a batch has."""
    return len(feeds[ports[0]["name"]])
