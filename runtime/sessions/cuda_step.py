"""Training steps on a card: the batch goes into buffers that stay there, loss and metrics come back every few steps.

Where every size is known the step is captured as a CUDA graph, one for each direction between the two sets of
parameters, and replayed: one call starts all of its kernels. A graph reads and writes fixed addresses, which is why
nothing is bound anew. ONNX Runtime refuses graphs for models of which it keeps a node on the CPU; then there is none.
The first replay with a new batch is compared with a plain run of the same step: where they differ there is none either.

ONNX Runtime runs a step more than once while it captures it, so that a step must not change what it reads: optimizer
state has two sets of buffers too. No card has run this file yet; tests run it on the CPU's provider.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.compiler import Artifact, Manifest
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import quiet, runtime
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Results, Session, StepSession, place_on

READ_EVERY = 16
"""Steps between two readings of loss and metrics."""

READ_EVERY_GRAPH = 2
"""The same with graphs: each has its own fixed places for them, and there are two."""


NO_GRAPH = -1
"""The number that makes ONNX Runtime run a session with graphs as if it had none."""


@dataclass
class Fixed:
    """A binding whose inputs of the batch lie in buffers of their own.

    graph   its number for ONNX Runtime;  runs: how often it was run
    """

    bound: Any
    graph: int
    results: dict[str, Any]
    inputs: dict[str, Any] = field(default_factory=dict)
    runs: int = 0


class CudaStepSession(StepSession):
    """A training step whose results stay on the card until `read_every` steps have been started.

    undo  whether a step may be left out: no state is then written where it was read, without graphs either
    """

    def __init__(
        self,
        artifact: Artifact,
        parameters: Resident,
        state: Resident,
        *,
        threads: int = 0,
        profile: bool = False,
        undo: bool = False,
    ) -> None:
        device = parameters.device
        self.graphs = device.graphs and not profile and is_static(artifact.manifest)
        self._reopen = (artifact, device, threads, profile)
        super().__init__(
            artifact, parameters, state, threads=threads, profile=profile, in_place=not (device.graphs or undo)
        )
        self._fixed: dict[Hashable, Fixed] = {}
        self._waiting: list[dict[str, Any]] = []
        self._ring = [self._places() for _ in range(READ_EVERY)]

    @property
    def replays(self) -> bool:
        """Whether steps are replayed as CUDA graphs: not if unwanted, of open sizes, or refused by ONNX Runtime."""
        return self.graphs

    @property
    def read_every(self) -> int:
        """Steps between two readings."""
        return READ_EVERY_GRAPH if self.graphs else READ_EVERY

    def start(self, feeds: Mapping[str, Array]) -> list[Results]:
        """One step; its results come with those of others when `read_every` wait."""
        try:
            fixed = self._fixed_for(feeds)
            results = fixed.results
            if not self.graphs:
                results = self._ring[len(self._waiting)]
                for name, value in results.items():
                    fixed.bound.bind_ortvalue_output(name, value)
            self.session.run_bound(fixed.bound, feeds, self._options(fixed.graph))
            fixed.runs += 1
            agrees = not self.graphs or fixed.runs != 2 or self._agrees_with_plain_run(fixed, feeds)
        except DiagnosticError:
            raise
        except Exception:
            if not self.graphs:
                raise
            agrees = False
        if not agrees:
            self._give_up_graphs()  # nothing that the step reads was changed: it can be made again
            return self.start(feeds)
        self._waiting.append(results)
        return self.finish() if len(self._waiting) >= self.read_every else []

    def finish(self) -> list[Results]:
        """The results of all steps that have not come back yet, oldest first."""
        came = [self.read(results) for results in self._waiting]
        self._waiting.clear()
        return came

    def run(self, feeds: Mapping[str, Array]) -> Results:
        """One step and its results; those of steps before it are dropped."""
        return (self.start(feeds) + self.finish())[-1]

    def _open(self, artifact: Artifact, threads: int, profile: bool) -> Session:
        device = self.parameters.device
        if self.graphs:
            try:
                with quiet():
                    return Session(artifact, device, threads=threads, graphs=True)
            except Exception:  # ONNX Runtime has no class of exception for a graph that it refuses
                self.graphs = False
        return Session(artifact, device, threads=threads, profile=profile)

    def _give_up_graphs(self) -> None:
        artifact, device, threads, profile = self._reopen
        self.graphs = False
        self._fixed.clear()
        self.session = Session(artifact, device, threads=threads, profile=profile)

    def _fixed_for(self, feeds: Mapping[str, Array]) -> Fixed:
        """The binding of this direction with the batch copied into its buffers."""
        turn = (self.parameters.turn, self.state.turn)
        if turn not in self._fixed:
            fixed = Fixed(self._bind(), len(self._fixed) + 1, self._places())
            for name, value in fixed.results.items():
                fixed.bound.bind_ortvalue_output(name, value)
            self._fixed[turn] = fixed
        fixed = self._fixed[turn]
        for name, array in feeds.items():
            buffer = fixed.inputs.get(name)
            if buffer is None or tuple(buffer.shape()) != array.shape:
                buffer = runtime().OrtValue.ortvalue_from_shape_and_type(
                    list(array.shape), array.dtype.type, self.parameters.device.name, 0
                )
                fixed.inputs[name] = buffer
                fixed.bound.bind_ortvalue_input(name, buffer)
            buffer.update_inplace(array)
        return fixed

    def _agrees_with_plain_run(self, fixed: Fixed, feeds: Mapping[str, Array]) -> bool:
        replayed = self.read(fixed.results)
        self.session.run_bound(fixed.bound, feeds, self._options(NO_GRAPH))
        plain = self.read(fixed.results)
        return all(np.allclose(replayed[name], plain[name], rtol=1e-3, atol=1e-6, equal_nan=True) for name in plain)

    def _options(self, graph: int) -> Any:
        if not self.graphs:
            return None
        options = runtime().RunOptions()
        options.add_run_config_entry("gpu_graph_id", str(graph))
        return options

    def _places(self) -> dict[str, Any]:
        return {name: place_on(self.parameters.device, shape) for name, shape in self.shapes.items()}


def is_static(manifest: Manifest) -> bool:
    """Whether every size of every input is a number, as a CUDA graph wants it."""
    return all(isinstance(size, int) for port in manifest["inputs"] for size in port["shape"])
