"""One training as `netc train` makes it: what was asked for, the folder, the end."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import (
    Memory,
    Net,
    Options,
    Precision,
    TrainPlan,
    load,
    override,
    parse_setting,
)
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.bind import BoundData
from netc.runtime.data.card import Card
from netc.runtime.data.card_text import input_line, target_line
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.initial import read_initial
from netc.runtime.folder.run_folder import RunFolder, texts_of
from netc.runtime.model import Model
from netc.runtime.runs.export import export
from netc.runtime.training.trainer import Trainer

SAMPLE_ROWS = 8


@dataclass(slots=True)
class Request:
    """What a run was asked for; run.json holds it.

    file       the net's file, in a run folder relative to the folder
    net        the net's name;  settings: its arguments as `k=v`
    overrides  of the plan: batch, epochs, lr
    changes    what a resume changed, each with the epoch and step at which it did: {"lr": {"from": …, "to": …}}
    init       weights to start from;  init_partial: part of them will do;  init_map: beginnings of their names
    data       what `--data` says;  card: what it means, as JSON
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
    card: dict[str, Any] | None = None
    changes: list[dict[str, Any]] = field(default_factory=list)
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


def restore(folder: RunFolder, request: Request, trainer: Trainer, card: Card) -> None:
    """Bring a new trainer to where the run stopped; raises DiagnosticError E523, E553, E561.

    card  of the data as it is now, which has to be that of the run to the last row
    """
    tensors, about, progress = folder.read_last()
    for name, hashed in request.texts.items():
        path = folder.path / name
        if not path.is_file() or sha256(path.read_bytes()).hexdigest() != hashed:
            help = "restore the text, or start a new run with `--init` for the weights"
            raise DiagnosticError(Diagnostic("E561", f"{path} was changed after the run", help=help))
    rows = card.parts[0].rows
    if about["rows"] != rows:
        message = f"the run trained on {counted(about['rows'], 'row')}, the data now has {rows:,}"
        help = "resume with the data that the run began with"
        raise DiagnosticError(Diagnostic("E561", message, help=help))
    before = card_in(folder, request)
    if before is not None:
        _check_rows(before, card)
    trainer.restore(tensors, progress)


def _check_rows(before: Card, now: Card) -> None:
    for was, part in zip(before.parts, now.parts, strict=False):
        if (was.name, was.fingerprint) != (part.name, part.fingerprint):
            message = f"the {counted(part.rows, 'row')} of part {part.name} are not those that the run began with"
            notes = (f"their fingerprint was {was.fingerprint}, it is {part.fingerprint}",)
            help = "resume with the data as it was, or start a new run with `--init` for the weights"
            raise DiagnosticError(Diagnostic("E523", message, notes=notes, help=help))


def export_run(folder: RunFolder, path: Path) -> None:
    """Write the run's network with its best weights so far as a model that stands alone; raises E550 to E553, E568."""
    request = request_of(folder)
    net = net_of(folder, request)
    kept = read_initial(folder.path, net).weights
    export(path, net, request.plan(net), kept, card=card_in(folder, request))


def finish(folder: RunFolder) -> None:
    """Write model.onnx."""
    export_run(folder, folder.model)


def write_sample(folder: RunFolder, rows: Any, card: Card) -> None:
    """A few held-out examples as the data holds them, with their targets: something to try `netc predict` on.

    Classes are numbers there, and named.
    """
    indices = np.arange(min(SAMPLE_ROWS, len(rows)))
    sample = io.BytesIO()
    names = {} if card.class_names is None else {"class_names": np.array(card.class_names)}
    np.savez(sample, **{**rows.stored(indices), **names})
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


def card_in(folder: RunFolder, request: Request) -> Card | None:
    """What the run's data meant; raises DiagnosticError E524."""
    return None if request.card is None else Card.from_json(request.card, str(folder.run_json))


def data_lines(bound: BoundData) -> list[str]:
    """What is told about the data before the first epoch."""
    lines = [f"data         {bound.description}; {bound.split_note}"]
    lines += [f"input        {line}" for line in map(input_line, bound.card.inputs)]
    return lines + [f"target       {line}" for line in map(target_line, bound.card.targets)]
