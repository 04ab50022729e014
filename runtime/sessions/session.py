"""Sessions of ONNX Runtime: one for an artifact, and a training step's, bound to tensors that stay on its device."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np

from netc.compiler import MANIFEST_KEY, Artifact, Manifest, Port, read_manifest, said
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.devices.device import CPU, Device, runtime
from netc.runtime.devices.fast_library import INSTALL, fast_library
from netc.runtime.sessions.failed_runs import finding_of
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.sizes import SizeCheck

# Folding a zero Pad into the MaxPool after it gives wrong results: the pool pads with minus infinity.
DISABLED_OPTIMIZERS = ["Pad_Fusion"]

# The compiler has found what is equal; what is left is made twice to take less memory (`--memory low`).
DISABLED_FOR_TRAINING = ["CommonSubexpressionElimination"]

DIFFERENTIATED = ("train", "backward", "update", "gradient", "probe")
"""Kinds of models that are loaded as a training step is."""


SMALL = 500
"""Nodes from which on it rewrites less of a graph for the CPU target, where more gains nothing and holds memory."""

LARGE = 3000
"""Nodes from which on ONNX Runtime rewrites less of a training graph: the time that takes grows with their square."""

SAMPLE = 1 << 15
"""Numbers of each tensor that are looked at after a step."""

HUGE = 6000
"""Nodes from which on it rewrites nothing."""


class Given(NamedTuple):
    """An input or output as ONNX Runtime gives it: `type` as in `tensor(float)`, `shape` of numbers, names or None."""

    name: str
    type: str
    shape: Sequence[Any]


def manifest_of(metadata: Mapping[str, str]) -> Manifest | None:
    """What a model's metadata says that its inputs and outputs are; raises DocumentError for what no manifest says."""
    return read_manifest(metadata[MANIFEST_KEY]) if MANIFEST_KEY in metadata else None


def called(manifest: Manifest | None, names: Iterable[str]) -> dict[str, str]:
    """What outputs are called, by their names in the model."""
    known = {} if manifest is None else {port["name"]: said(port) for port in manifest["outputs"]}
    return {name: known.get(name, name) for name in names}


class Session:
    """A session for an artifact, or for the bytes of a model.

    threads   of one operator; 0 lets ONNX Runtime take every core. Another number may round sums differently
    optimize  False switches graph optimizations off, for comparisons
    profile   True records the time of every operator until `end_profile` is called
    graphs    True asks for CUDA graphs; ONNX Runtime raises where the model cannot be one
    folder    of the files that hold the model's external data, where it has some
    unread    True leaves what the model says of itself unread: it has no manifest then, and outputs by their own names

    Raises DocumentError where the model says of itself what no manifest says.

    `manifest` is the model's, None where it has none; `metadata` is all it says about itself; `outputs` is what each
    output is called, by its name in the model. `inputs` and `given_outputs` are those that it has.

    The operators of `netc[fast]` are known in a session for what the compiler made in this process, and in no other: a
    model from elsewhere cannot call them.
    """

    def __init__(
        self,
        model: Artifact | bytes,
        device: Device,
        *,
        threads: int = 0,
        optimize: bool = True,
        profile: bool = False,
        graphs: bool = False,
        folder: Path | None = None,
        unread: bool = False,
    ) -> None:
        ort = runtime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.use_deterministic_compute = True
        options.add_session_config_entry(
            "session.load_model_format", "ONNX"
        )  # not the runtime's own, by its first bytes
        options.log_severity_level = 4  # what fails is an exception, and told as a finding
        levels = ort.GraphOptimizationLevel
        disabled = DISABLED_OPTIMIZERS
        if isinstance(model, Artifact) and model.manifest["kind"] in DIFFERENTIATED:
            disabled = DISABLED_OPTIMIZERS + DISABLED_FOR_TRAINING
            options.enable_mem_pattern = False  # its one block for all tensors comes on top of the first run's memory
            options.enable_mem_reuse = device.name != "cpu"  # a plan that holds a buffer from its first use to its last
            options.execution_order = ort.ExecutionOrder.PRIORITY_BASED  # the model's own order: early updates
            written_for_cpu = model.manifest["target"] in ("cpu", "cpu8", "fast", "fast8")
            if model.nodes > (SMALL if written_for_cpu else LARGE):
                options.graph_optimization_level = levels.ORT_ENABLE_BASIC
            if model.nodes > HUGE:
                options.graph_optimization_level = levels.ORT_DISABLE_ALL
        if isinstance(model, Artifact) and model.compiled and model.manifest["target"] in ("fast", "fast8"):
            library = fast_library() if device.name == "cpu" else None
            if library is None:
                raise library_missing("the step is written for the target `fast`, whose library")
            options.register_custom_ops_library(library)
        if folder is not None:
            options.add_session_config_entry(
                "session.model_external_initializers_file_folder_path", str(folder.resolve())
            )
        if not optimize:
            options.graph_optimization_level = levels.ORT_DISABLE_ALL
        if profile:
            options.enable_profiling = True
            options.profile_file_prefix = os.path.join(tempfile.gettempdir(), f"netc-{uuid4().hex}")
        self.device = device
        content = model.model if isinstance(model, Artifact) else model
        self.session = ort.InferenceSession(
            content, options, providers=device.session_providers(graphs=graphs), disabled_optimizers=disabled
        )
        self.metadata: dict[str, str] = dict(self.session.get_modelmeta().custom_metadata_map)
        read = manifest_of if not unread else lambda _: None
        self.manifest: Manifest | None = model.manifest if isinstance(model, Artifact) else read(self.metadata)
        self.inputs, self.given_outputs = (
            [Given(port.name, port.type, port.shape) for port in ports]
            for ports in (self.session.get_inputs(), self.session.get_outputs())
        )
        self.outputs = called(self.manifest, [port.name for port in self.given_outputs])
        self._check_sizes = SizeCheck(self.manifest)

    def end_profile(self) -> bytes:
        """Stop recording and return ONNX Runtime's events as JSON; runs after this one are not slowed down."""
        path = Path(self.session.end_profiling())
        try:
            return path.read_bytes()
        finally:
            path.unlink(missing_ok=True)

    def binding(self) -> Any:
        """A new, empty binding."""
        return self.session.io_binding()

    def run_bound(self, bound: Any, feeds: Mapping[str, Array], options: Any = None) -> None:
        """Run a binding in which `feeds` are bound, or copies of them: every run of a session comes through here.

        Raises DiagnosticError E604 where memory does not suffice, E556 for sizes that don't go together, E558 for those
        that a layer cannot take, and for indices.
        """
        self._check_sizes(feeds)
        try:
            self.session.run_with_iobinding(bound, options)
        except Exception as error:  # ONNX Runtime has no class of exception for it
            named = {size for port in self.session.get_inputs() for size in port.shape if isinstance(size, str)}
            finding = finding_of(str(error), named - {"N"})
            if finding is None:
                raise
            raise DiagnosticError(finding) from error

    def run(self, feeds: Mapping[str, Array], resident: Mapping[str, Any] | None = None) -> dict[str, Array]:
        """Run once. `feeds` are arrays; `resident` are tensors on the device that the model may also read.

        Returns every output by what it is called, as arrays of their own.
        """
        bound = self.session.io_binding()
        wanted = {port.name for port in self.session.get_inputs()}
        for name, value in (resident or {}).items():
            if name in wanted:
                bound.bind_ortvalue_input(name, value)
        for name, array in feeds.items():
            if name in wanted:
                bound.bind_cpu_input(name, array)
        for name in self.outputs:
            bound.bind_output(name, "cpu")
        self.run_bound(bound, feeds)
        came = zip(self.outputs.values(), bound.get_outputs(), strict=True)
        return {name: np.array(value.numpy()) for name, value in came}


Results = dict[str, Any]
"""What a step gave: a loss or a metric as a number, a metric's part as a number or an array."""


class StepSession:
    """A training step bound to resident tensors: two bindings, one for each direction between the sets of buffers.

    in_place   whether the step may write the state that the manifest calls so where it read it

    `moving` are the tensors that a step writes to their other buffers, `passing` is state of no use after an update.
    """

    def __init__(
        self,
        artifact: Artifact,
        parameters: Resident,
        state: Resident,
        *,
        threads: int = 0,
        profile: bool = False,
        in_place: bool = True,
    ) -> None:
        self.parameters, self.state, self.exact = parameters, state, not in_place
        self.session = self._open(artifact, threads, profile)
        outputs = artifact.manifest["outputs"]
        self.next_of = {port["name"]: port["of"] for port in outputs if port["role"] in ("param", "state")}
        self.numbers = {port["name"]: said(port) for port in outputs if port["role"] in ("loss", "metric")}
        self.inputs = {port["name"] for port in artifact.manifest["inputs"]}
        self.passing = {port["name"] for port in artifact.manifest["inputs"] if port.get("passing")}
        kept = {port["of"] for port in outputs if port.get("in_place") and in_place}
        self.moving = {
            resident: frozenset((set(self.next_of.values()) - kept) & resident.current.keys())
            for resident in (parameters, state)
        }
        for resident, names in self.moving.items():
            resident.double(names)
        self.shapes = {port["name"]: _fixed(port) for port in outputs if port["name"] in self.numbers}
        self.results = {name: place_on(CPU, shape) for name, shape in self.shapes.items()}
        self._bindings: dict[Hashable, Any] = {}

    @property
    def replays(self) -> bool:
        """Whether steps are replayed as CUDA graphs."""
        return False

    def run(self, feeds: Mapping[str, Array]) -> Results:
        """One step from the current set into the other. The caller swaps when it accepts the result.

        Tensors with one buffer for both sets have their new values either way.
        """
        turn = (self.parameters.turn, self.state.turn)
        if turn not in self._bindings:
            self._bindings[turn] = self._bind()
        bound = self._bindings[turn]
        for name, array in feeds.items():
            bound.bind_cpu_input(name, array)
        self.session.run_bound(bound, feeds)
        return self.read(self.results)

    def read(self, results: Mapping[str, Any]) -> Results:
        """The loss and the metrics by what they are called, from the places that the step wrote them to."""
        arrays = {self.numbers[name]: np.array(value.numpy()) for name, value in results.items()}
        return {name: array if array.ndim else float(array) for name, array in arrays.items()}

    def start(self, feeds: Mapping[str, Array]) -> list[Results]:
        """One step, as `run`, and the results that have come back by now, oldest first: here those of this step."""
        return [self.run(feeds)]

    def finish(self) -> list[Results]:
        """The results of steps that have not come back yet: none here."""
        return []

    def sound(self) -> bool:
        """Whether the weights that the last step wrote are finite. Those on a card are not looked at.

        Of a large tensor a sample is enough, unless the session was made to be exact: a gradient that is not finite
        fills whole rows of it, and what passes is found by the loss of the next step.
        """
        if self.parameters.device.name != "cpu":
            return True
        written = (self.parameters.other[name].numpy().reshape(-1) for name in self.moving[self.parameters])
        return all(_all_finite(array if self.exact else array[:: array.size // SAMPLE | 1]) for array in written)

    def swap(self) -> None:
        """Accept the last step: what it wrote is current from now on."""
        for resident, names in self.moving.items():
            resident.swap(names)

    def _open(self, artifact: Artifact, threads: int, profile: bool) -> Session:
        return Session(artifact, self.parameters.device, threads=threads, profile=profile)

    def _bind(self) -> Any:
        bound = self.session.binding()
        for resident in (self.parameters, self.state):
            for name, value in resident.current.items():
                if name in self.inputs:
                    bound.bind_ortvalue_input(name, value)
        for output, name in self.next_of.items():
            resident = self.parameters if name in self.parameters.other else self.state
            bound.bind_ortvalue_output(output, resident.other[name])
        for name, value in self.results.items():
            bound.bind_ortvalue_output(name, value)
        return bound


def _all_finite(array: Array) -> bool:
    """One pass over the numbers, which a sum takes at the speed of memory; a second where large ones overflow it."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def library_missing(what: str) -> DiagnosticError:
    """E607: the operators of `netc[fast]` are not there."""
    help = f"run `{INSTALL}` in a checkout of netc, or take another target"
    return DiagnosticError(Diagnostic("E607", f"{what} `netc[fast]` is not installed here", help=help))


def place_on(device: Device, shape: list[int]) -> Any:
    """A place for one number, or for the numbers of a metric's part, on a device."""
    return runtime().OrtValue.ortvalue_from_shape_and_type(shape, np.float32, device.name, 0)


def _fixed(port: Port) -> list[int]:
    """The shape of what a step gives besides tensors that stay: known in all its sizes."""
    sizes = [size for size in port["shape"] if isinstance(size, int)]
    assert len(sizes) == len(port["shape"]), f"{port['name']} has an open size"
    return sizes
