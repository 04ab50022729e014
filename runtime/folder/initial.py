"""Weights to start a training from: a weight file, a run folder, a checkpoint or a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from netc.compiler import (
    NameMap,
    Net,
    Report,
    Source,
    TrainPlan,
    below,
    check_file,
    read_source,
    shipped_map,
    shipped_maps,
    take,
)  # fmt: skip
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.checkpoints import PROGRESS_KEY
from netc.runtime.folder.intact import of_run, with_intact
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.sessions.resident import Array


@dataclass(frozen=True, slots=True)
class Initial:
    """The weights of a net that were found, and what became of each tensor: a report for each file."""

    weights: dict[str, Array]
    reports: tuple[Report, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What is told of it on a terminal."""
        return [line for report in self.reports for line in report.lines()]


def read_initial(
    path: Path, net: Net, *, partial: bool = False, renamed: Mapping[str, str] | None = None, map: str | None = None
) -> Initial:
    """Weights for a net from a weight file, a run folder (its best), a checkpoint or an .onnx model.

    partial  takes what fits by name and shape, and reports the rest
    renamed  beginnings of names and what stands there instead: {"module.": ""}
    map      the name of a map beside the net, for the names that are then left: "torchvision"

    Raises DiagnosticError E550 to E553, E568, E572 and E573 for weights that don't fit or can't be read, E560 for a
    folder that is no run, E570 where there is no such map.
    """
    source = read_file(path).replaced_beginnings(renamed or {})
    parameters = {parameter.name: parameter.value for parameter in net.parameters}
    if map is not None:
        source = source.renamed(_translated(source, shipped_map(map, texts(net))))
    elif not source.tensors.keys() & parameters.keys():
        _advise_map(net, source)
    weights, report = take(source, net, parameters, partial=partial)
    return Initial(weights, (report,))


def read_starts(net: Net, plan: TrainPlan) -> Initial:
    """The weights that a plan's `init` names, of the parts that it names; raises as `read_initial` does."""
    weights: dict[str, Array] = {}
    reports = []
    for start in plan.init:
        source = read_file(Path(net.file).parent / start.file)
        names = start.renamed(source.tensors, lambda name: shipped_map(name, texts(net)))
        known = {item.name: item.value for item in net.parameters if not start.part or below(item.name, start.part)}
        fresh = [name for name in known if start.spares(name)]
        if len(fresh) == len(known):
            help = "leave `init` out, or take less away in its `map`"
            raise DiagnosticError(Diagnostic("E550", f"`init` takes no tensor of {source.file}", help=help))
        taken, report = take(source.renamed(names), net, known, fresh=fresh, part=start.part)
        weights |= taken
        reports.append(report)
    return Initial(weights, tuple(reports))


def texts(net: Net) -> list[str]:
    """The files beside which maps of names may lie: the net's own, and those it uses."""
    return [net.file, *(file for file in net.sources if file != net.file)]


def _translated(source: Source, map: NameMap) -> dict[str, str]:
    """What tensors are called in the net, of those that a map has a name for."""
    return {name: other for name in source.tensors if (other := map(name)) is not None}


def _advise_map(net: Net, source: Source) -> None:
    """Raise E551 where the names are strange, and those that a map beside the net expects."""
    known = {parameter.name for parameter in net.parameters}
    for name, map in shipped_maps(texts(net)).items():
        if known & {map(theirs) for theirs in source.tensors}:
            message = f"the tensors in {source.file} are called as {name} calls them, and not as net `{net.name}` does"
            text = f'`map = "{name}"` in the text\'s `weights(…)`'
            help = f'translate them: `--map {name}` on the command line, {text}, `map="{name}"` in `model.load`'
            raise DiagnosticError(Diagnostic("E551", message, help=help))


def read_file(path: Path) -> Source:
    """The tensors of a weight file, a checkpoint, an .onnx model or a run folder; raises as `read_initial`."""
    if path.is_dir():
        folder = RunFolder.open(path)
        _check_best(folder)
        try:
            source = read_source(folder.weights())
        except DiagnosticError as error:
            raise with_intact(folder, folder.weights(), error) from error
    else:
        if path.suffix == ".onnx":
            check_file(path)
        source = of_run(path, read_source)
    # A checkpoint has the optimizer's state too.
    return replace(source, whole=False) if PROGRESS_KEY in source.metadata else source


def _check_best(folder: RunFolder) -> None:
    """Raise DiagnosticError E561 where the weights of the run's best epoch are not there, or those of another."""
    try:
        progress = folder.read_progress()
    except DiagnosticError:  # without a checkpoint that can be read nobody knows which it was
        return
    folder.best_weights.found(progress)
