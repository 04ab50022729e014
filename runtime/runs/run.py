"""One training as `netc train` makes it: what was asked for, the folder, the end."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import Memory, Net, Options, Precision, TrainPlan, load, override, parse_setting, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.initial import read_initial
from netc.runtime.folder.run_folder import RunFolder, texts_of
from netc.runtime.model import Model
from netc.runtime.runs.export import deployable, too_large
from netc.runtime.training.trainer import Trainer

SAMPLE_ROWS = 8


@dataclass(slots=True)
class Request:
    """What a run was asked for; run.json holds it.

    file       the net's file, in a run folder relative to the folder
    net        the net's name;  settings: its arguments as `k=v`
    overrides  of the plan: batch, epochs, lr
    init       weights to start from;  init_partial: part of them will do;  init_map: beginnings of their names
    data       what `--data` says;  class_names, scale: what the data said about itself
    precision  of the training step;  tf32: whether CUDA may multiply in TF32
    memory     of the training step
    texts      the files of the net in the folder and their SHA-256
    """

    file: str
    net: str
    settings: list[str] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    seed: int = 0
    device: str = "auto"
    init: str | None = None
    init_partial: bool = False
    init_map: dict[str, str] = field(default_factory=dict)
    precision: Precision = "float32"
    tf32: bool = False
    memory: Memory = "normal"
    class_names: list[str] | None = None
    scale: float | None = None
    texts: dict[str, str] = field(default_factory=dict)

    def plan(self, net: Net) -> TrainPlan:
        """The net's plan with what was overridden."""
        return override(net.plan(), **self.overrides) if self.overrides else net.plan()


def begin(folder: RunFolder, request: Request, net: Net, trainer: Trainer) -> None:
    """Write what the run is, before the first step."""
    file, texts = texts_of(net.file, net.source, net.sources)
    hashes = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    folder.describe(asdict(request) | {"file": file, "texts": hashes}, trainer.manifest, texts)


def request_of(folder: RunFolder) -> Request:
    """What a run was asked for; raises DiagnosticError E561."""
    said = folder.read_request()
    said.pop("version")
    try:
        return Request(**said)
    except TypeError as error:
        help = "use the version of netc that made the run"
        raise DiagnosticError(Diagnostic("E561", f"{folder.run_json} is of another version", help=help)) from error


def net_of(folder: RunFolder, request: Request) -> Net:
    """The run's network, from the text in its folder."""
    return load(str(folder.path / request.file), request.net, dict(map(parse_setting, request.settings)))


def restore(folder: RunFolder, request: Request, trainer: Trainer, rows: int) -> None:
    """Bring a new trainer to where the run stopped; raises DiagnosticError E553, E561."""
    tensors, about, progress = folder.read_last()
    for name, hashed in request.texts.items():
        path = folder.path / name
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != hashed:
            help = "restore the text, or start a new run with `--init` for the weights"
            raise DiagnosticError(Diagnostic("E561", f"{path} was changed after the run", help=help))
    if about["rows"] != rows:
        message = f"the run trained on {about['rows']:,} rows, the data now has {rows:,}"
        help = "resume with the data that the run began with"
        raise DiagnosticError(Diagnostic("E561", message, help=help))
    trainer.restore(tensors, progress)


def deployable_of(folder: RunFolder) -> bytes:
    """The run's network with its best weights so far, as a model that stands alone."""
    request = request_of(folder)
    net = net_of(folder, request)
    weights, _ = read_tensors(folder.weights())
    kept = {parameter.name: weights[parameter.name] for parameter in net.parameters}
    plan = request.plan(net)
    return deployable(net, plan, kept, class_names=request.class_names, scale=request.scale)


def finish(folder: RunFolder, net: Net) -> None:
    """Write model.onnx, unless the net is too large for one."""
    if not too_large(net):
        write_atomic(folder.model, deployable_of(folder))


def write_sample(folder: RunFolder, rows: Any) -> None:
    """A few held-out examples as the data holds them, with their targets: something to try `netc predict` on."""
    indices = np.arange(min(SAMPLE_ROWS, len(rows)))
    stored = rows.split.batch(indices)
    sample = io.BytesIO()
    np.savez(sample, **{name: stored[source] for name, source in rows.sources.items()})
    write_atomic(folder.sample, sample.getvalue())


def make_trainer(
    net: Net,
    request: Request,
    model: Model,
    *,
    profile: bool = False,
    resumed: bool = False,
    say: Callable[[str], object] = print,
) -> Trainer:
    """A trainer for a request, with the initial weights it names unless it goes on from a checkpoint.

    profile  as the trainer takes it;  say: is given what a partial initialization did
    """
    if request.init is not None and not resumed:
        found = read_initial(Path(request.init), net, partial=request.init_partial, renamed=request.init_map)
        model.load_state_dict(found.weights, strict=not request.init_partial)
        for line in found.report:
            say(line)
    options = Options(precision=request.precision, memory=request.memory)
    return Trainer(model, request.plan(net), seed=request.seed, options=options, profile=profile)


def names(values: Sequence[str] | None) -> list[str] | None:
    """Class names for JSON."""
    return None if values is None else list(values)
