"""A network with weights on a device: inference, inner values, gradients, weight files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import (
    FIRST,
    SHARE,
    Manifest,
    Net,
    Port,
    Report,
    TrainPlan,
    add_adapter,
    batch_ports,
    check_count,
    compile_gradients,
    compile_inference,
    compile_scorer,
    fit,
    initial_weight,
    said,
)
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.given import path_of, require, seed_of, texts, whole
from netc.grammar.writing import ELSEWHERE
from netc.runtime.data.batches import chunks
from netc.runtime.data.bind import bind_inputs
from netc.runtime.data.cards.card import NO_CARD, Card
from netc.runtime.data.class_scores import Answer, answers, class_scores
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.feed import feed
from netc.runtime.data.named import as_array
from netc.runtime.devices.device import Device, resolve
from netc.runtime.devices.target import check_target, target_for
from netc.runtime.folder.files import write_weights
from netc.runtime.folder.initial import read_initial
from netc.runtime.sessions.resident import Array, Resident
from netc.runtime.sessions.session import Session

MOST_THREADS = 1024
MOST_CLASSES = 2**31 - 1
ROWS = 256
"""Of a DataSet that are answered at a time."""


class Model:
    """A network and its weights, which live on the device.

    net      from `netc.load`
    device   "auto" (CUDA where it works, else the CPU), "cpu" or "cuda"; or a `Device` with settings of its own
    seed     of the initial weights; the same seed gives the same weights on every machine
    threads  of one operator; 0 takes every core. Another number may round sums differently
    say      is given a line when "auto" takes the CPU
    target   how graphs are written: "auto" is the fastest that works on the device, "std" runs everywhere
    tf32     lets CUDA multiply float32 in TF32, with fewer digits; see docs/training.md

    `card` is what the data meant that it was trained on, or None. Inputs are scaled as it says; without one bytes for
    a float input are divided by 255, and nothing else is done.

    Raises DiagnosticError E601 when CUDA is asked for and does not work, E605 for TF32 on a CPU.
    """

    def __init__(
        self,
        net: Net,
        device: str | Device = "auto",
        seed: int = 0,
        *,
        threads: int = 0,
        say: Callable[[str], None] | None = None,
        target: str = "auto",
        tf32: bool = False,
    ) -> None:
        require(net, Net, "netc.Model", 'netc.Model(netc.load("a.net"))')
        self.net = net
        self.seed = seed_of(seed)
        self.threads = whole(threads, "threads", 0, MOST_THREADS)
        self.device = device if isinstance(device, Device) else resolve(device, say, tf32=tf32)
        self.target = target_for(self.device) if target == "auto" else check_target(target)
        self.weights = Resident(self.device)
        check_count(net)
        for parameter in net.parameters:  # one at a time: all of them would be a second copy of the network
            self.weights.put(parameter.name, initial_weight(parameter, self.seed, net.start))
        self.card: Card | None = None
        self.drawn = True
        self._inference: dict[tuple[str, ...], Session] = {}
        self._gradients: dict[int, tuple[TrainPlan, Session]] = {}

    def __repr__(self) -> str:
        return f"<model {self.net.name}: {counted(self.net.params, 'parameter')} on {self.device.name}>"

    def __call__(self, x: Any, taps: Sequence[str] = ()) -> Any:
        """Run the network in inference mode.

        x     an array `[N, …]` for a net with one input, {input name: array}, or rows of a DataSet: `data[0:4]`
        taps  dotted paths of inner values to return as well, or one: ["conv1", "stage2.basic1"]

        Returns the output's array; with several outputs, or with taps, a dict of arrays by name. Raises
        DiagnosticError E555 to E558 where arrays don't fit the inputs, E506 for numbers that float32 has no place for,
        E280 for an unknown path.
        """
        outputs = self.run(x, taps)
        if not taps and len(outputs) == 1:
            return next(iter(outputs.values()))
        return outputs

    def inputs(self, taps: Sequence[str] = ()) -> list[Port]:
        """What `run` with these taps reads, as ports of the manifest."""
        return ports(self._inference_session(_paths(taps)).manifest, "data")

    def run(self, x: Any, taps: Sequence[str] = ()) -> dict[str, Array]:
        """As calling the model, but always a dict: every output, and every tap, by name."""
        return self._answered(x, _paths(taps))

    def _answered(self, x: Any, taps: tuple[str, ...], *, finite: bool = False) -> dict[str, Array]:
        """`run`; NaN and infinity among the inputs are refused where answers to them would be `finite`."""
        wanted = self.inputs(taps)
        if isinstance(x, DataSet):
            rows = bind_inputs(x, wanted, self._trained_ports, self.card)
            fed = (feed(wanted, rows.batch(some), finite=finite) for some in chunks(len(rows), ROWS))
            parts = [self._run_fed(batch, taps) for batch in fed]
            return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return self._run_fed(feed(wanted, self._read(_arrays(x), wanted), self.card or NO_CARD, finite=finite), taps)

    def _read(self, arrays: Any, wanted: Sequence[Port]) -> Any:
        """Without inputs of the net that the values asked for don't depend on, such as those that losses alone read."""
        if not isinstance(arrays, Mapping):
            return arrays
        unread = {value.name for value in self.net.inputs} - {said(port) for port in wanted}
        return {name: array for name, array in arrays.items() if name not in unread}

    def forward(self, feeds: Mapping[str, Array], taps: Sequence[str] = ()) -> dict[str, Array]:
        """`run` without scaling: arrays as the net computes with them, such as the batches of bound data."""
        return self._run_fed(feed(self.inputs(taps), feeds), _paths(taps))

    def _run_fed(self, fed: Mapping[str, Array], taps: tuple[str, ...]) -> dict[str, Array]:
        """What comes of arrays that `feed` has checked."""
        return self._inference_session(taps).run(fed, self.weights.current)

    @property
    def _trained_ports(self) -> list[Port]:
        """What the first train section reads, targets too; the inputs alone where there is none."""
        return batch_ports(self.net, self.net.plans[0]) if self.net.plans else self.inputs()

    def predict(self, x: Any, top: int = 3) -> list[Answer]:
        """The likeliest class of each row, by the name that the data card has for it, with its probability.

        x    what calling the model takes;  top: classes in `ranked`, the likeliest first

        Raises DiagnosticError E583 for a net whose loss compares no classes: its answer is `model(x)`; E506 for NaN and
        infinity, which no class is likely for.
        """
        top = whole(top, "top", 1, MOST_CLASSES)
        scored = compile_scorer(self.net).manifest["inputs"] if self.net.plans else []
        predictions = [said(port) for port in scored if port["role"] == "prediction"]
        taps = self._read_alike(name for name in predictions if name not in self.net.outputs)
        outputs = self._answered(x, _paths(taps), finite=True)
        scores = class_scores(
            outputs,
            [name for name in predictions if name in outputs],
            {port["classes"] for port in scored if "classes" in port},
        )
        if scores is None:
            help = "take its outputs: `model(x)`"
            raise DiagnosticError(
                Diagnostic("E583", f"net `{self.net.name}` has no loss that compares classes", help=help)
            )
        return answers(scores, None if self.card is None else self.card.class_names, top)

    def _read_alike(self, taps: Iterable[str]) -> list[str]:
        """Those of inner values that read no input which the outputs don't."""
        read = {said(port) for port in self.inputs()}
        if len(read) == len(self.net.inputs):
            return list(taps)
        return [name for name in taps if {said(port) for port in self.inputs([name])} <= read]

    def gradients(self, batch: Mapping[str, Any], plan: TrainPlan | None = None) -> tuple[float, dict[str, Array]]:
        """The loss of a batch and its gradients, in training mode (batch statistics, dropout at step 0).

        batch  {input or target name: array}
        plan   whose loss; None takes the net's train section

        Returns the loss, and for every trainable parameter and float input the gradient by its name.
        """
        require(batch, Mapping, "model.gradients", 'model.gradients({"x": …, "label": …})')
        plan = plan or self.net.plan()
        if id(plan) not in self._gradients:
            artifact = compile_gradients(self.net, plan, target=self.target)
            self._gradients[id(plan)] = plan, Session(artifact, self.device, threads=self.threads)
        session = self._gradients[id(plan)][1]
        manifest = session.manifest
        assert manifest is not None
        feeds = feed(ports(manifest, "data", "target"), batch, self.card or NO_CARD) | scalars(
            manifest, seed=self.seed, step=0
        )
        outputs = session.run(feeds, self.weights.current)
        loss = next(said(port) for port in manifest["outputs"] if port["role"] == "loss")
        found = {port["of"]: outputs[said(port)] for port in manifest["outputs"] if port["role"] == "gradient"}
        return float(outputs[loss]), found

    def state_dict(self) -> dict[str, Array]:
        """A copy of every weight and buffer by its name in weight files, in the order of the net."""
        return {parameter.name: self.weights.get(parameter.name) for parameter in self.net.parameters}

    def load_state_dict(self, weights: Mapping[str, Any], strict: bool = True) -> None:
        """Set weights and buffers by name.

        strict  every parameter must be there and nothing else; otherwise names that the net lacks, and parameters
                that are missing, are passed over

        Raises DiagnosticError E550 missing, E551 unknown, E552 wrong shape. Nothing is set unless all fits.
        """
        require(weights, Mapping, "model.load_state_dict", "model.load_state_dict(model.state_dict())")
        arrays = {str(name): as_array(array, str(name)) for name, array in weights.items()}
        parameters = {parameter.name: parameter.value for parameter in self.net.parameters}
        if not strict:
            parameters = {name: value for name, value in parameters.items() if name in arrays}
        for name, array in fit(arrays, parameters, self.net, exact=strict).items():
            self.weights.put(name, array)
        self.drawn = False

    def save(self, path: str | Path) -> None:
        """Write the weights as safetensors, `m.safetensors`. The file is replaced in one go.

        Raises DiagnosticError E562, also for a name of another format's: `m.pt`, `m.npz`.
        """
        path = path_of(path, "model.save", 'model.save("weights.safetensors")')
        write_weights(path, self.state_dict(), elsewhere=ELSEWHERE)

    def load(self, path: str | Path, map: str | None = None, *, partial: bool = False) -> Report:
        """Set the weights from a weight file, a run folder or an .onnx model; returns what became of each tensor.

        path     safetensors, .npz, .onnx, PyTorch's .pth and .pt, Keras's .h5 and .keras, pickled numpy arrays
        map      the name of a map beside the net, for a file that calls them otherwise: "torchvision"
        partial  takes what fits by name and shape, and leaves the rest as it is

        Raises DiagnosticError E550 to E553, E568, E572, E573, E570 where there is no such map. Nothing is set unless
        all fits that has to.
        """
        file = path_of(path, "model.load", 'model.load("weights.safetensors")')
        found = read_initial(file, self.net, map=map, partial=partial)
        self.load_state_dict(found.weights, strict=False)  # what they lack may be lacked
        return found.reports[0]

    def load_adapter(self, path: str | Path) -> None:
        """Add what an adapter says to the weights: the adapter.safetensors of a run whose section has `adapt`.

        Raises DiagnosticError E550 to E554, E568. Nothing is set unless all fits.
        """
        file = path_of(path, "model.load_adapter", 'model.load_adapter("runs/a/adapter.safetensors")')
        for name, weight in add_adapter(file, self.net, self.weights.get).items():
            self.weights.put(name, weight)

    def _inference_session(self, taps: tuple[str, ...]) -> Session:
        if taps not in self._inference:
            artifact = compile_inference(self.net, taps=taps, target=self.target, weights_as="inputs")
            self._inference[taps] = Session(artifact, self.device, threads=self.threads)
        return self._inference[taps]


def _arrays(x: Any) -> Any:
    """Arrays of what a caller has, tensors of PyTorch's too."""
    if isinstance(x, Mapping):
        return {str(name): as_array(value, str(name)) for name, value in x.items()}
    return as_array(x)


def _paths(taps: Sequence[str]) -> tuple[str, ...]:
    """Paths of inner values, each once; one by itself is one."""
    return tuple(dict.fromkeys(texts(taps, "taps=", 'taps=["h"]')))


def ports(manifest: Manifest | None, *roles: str) -> list[Port]:
    """The inputs with these roles."""
    assert manifest is not None
    return [port for port in manifest["inputs"] if port["role"] in roles]


def scalars(
    manifest: Manifest | None, *, seed: int, step: int, rate: float = 0.0, share: float = 1.0
) -> dict[str, Array]:
    """The inputs of a training step that are single numbers: learning rate, seed, step, share of the own targets."""
    values = {"hyper": rate, "seed": seed, "step": step, "share": share}
    return {
        port["name"]: np.array(values[port["role"]], np.dtype(port["dtype"]))
        for port in ports(manifest, "hyper", "seed", "step", "share")
        if port["name"] not in (SHARE, FIRST)
    }
