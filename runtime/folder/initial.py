"""Weights to start a training from: a weight file, a run folder, a checkpoint or a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netc.compiler import (
    COUNTER,
    NameMap,
    Net,
    TrainPlan,
    below,
    fit,
    read_initializers,
    read_tensors,
    shipped_map,
    shipped_maps,
)  # fmt: skip
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.run_folder import PROGRESS_KEY, RunFolder
from netc.runtime.sessions.foreign import check_file
from netc.runtime.sessions.resident import Array


@dataclass(frozen=True, slots=True)
class Initial:
    """The weights of a net that were found, and a line for each thing to be told of the rest."""

    weights: dict[str, Array]
    report: list[str]


def read_initial(
    path: Path, net: Net, *, partial: bool = False, renamed: Mapping[str, str] | None = None, map: str | None = None
) -> Initial:
    """Weights for a net from a .safetensors file, a run folder (its best), a checkpoint or an .onnx model.

    partial  takes what fits by name and shape, and reports the rest
    renamed  beginnings of names and what stands there instead: {"module.": ""}
    map      the name of a map beside the net, for the names that are then left: "torchvision"

    Raises DiagnosticError E550 to E553 and E568 for weights that don't fit, E560 for a folder that is no run, E570
    where there is no such map.
    """
    file, tensors, exact = _read(path)
    for old, new in (renamed or {}).items():
        tensors = {new + name[len(old) :] if name.startswith(old) else name: tensors[name] for name in tensors}
    parameters = {parameter.name: parameter.value for parameter in net.parameters}
    if map is not None:
        tensors = translated(tensors, shipped_map(map, texts(net)), file)
    elif not tensors.keys() & parameters.keys():
        _advise_map(net, tensors, file)
    if not partial:
        taken = fit(tensors, parameters, net, file=str(file), exact=exact)
        return Initial(taken, [f"{counted(len(taken), 'tensor')} from {file}"] if map is not None else [])
    same = {name: value for name, value in parameters.items() if name in tensors}
    fitting = {name: value for name, value in same.items() if np.shape(tensors[name]) == value.shape}
    if not fitting:
        message = f"no tensor in {file} has name and shape of a parameter of net `{net.name}`"
        help = "give the weights of a net with some of the same layers, or rename them: `--map OLD=NEW`"
        raise DiagnosticError(Diagnostic("E550", message, help=help))
    weights = fit(tensors, fitting, net, file=str(file))
    return Initial(weights, _report(file, parameters, same, weights, tensors if exact else {}))


def read_starts(net: Net, plan: TrainPlan) -> Initial:
    """The weights that a plan's `init` names, of the parts that it names; raises as `read_initial` does."""
    weights: dict[str, Array] = {}
    said = []
    for start in plan.init:
        file, tensors, exact = _read(Path(net.file).parent / start.file)
        names = start.renamed(tensors, lambda name: shipped_map(name, texts(net)))
        known = {item.name: item.value for item in net.parameters if not start.part or below(item.name, start.part)}
        drawn = [name for name in known if start.spares(name)]
        wanted = {name: value for name, value in known.items() if name not in drawn}
        _check_apart(names.items(), file)
        taken = fit({new: tensors[old] for old, new in names.items()}, wanted, net, file=str(file), exact=exact)
        if not taken:
            help = "leave `init` out, or take less away in its `map`"
            raise DiagnosticError(Diagnostic("E550", f"`init` takes no tensor of {file}", help=help))
        weights |= taken
        left = f"; drawn anew: {', '.join(drawn)}" if drawn else ""
        said.append(f"{start.part or net.name}: {counted(len(taken), 'tensor')} from {file}{left}")
    return Initial(weights, said)


def texts(net: Net) -> list[str]:
    """The files beside which maps of names may lie: the net's own, and those it uses."""
    return [net.file, *(file for file in net.sources if file != net.file)]


def translated(tensors: Mapping[str, Array], map: NameMap, file: Path) -> dict[str, Array]:
    """Tensors under the names of the net; raises DiagnosticError E551 where two come to the same."""
    names = [(name, other) for name in tensors if (other := map(name)) is not None]
    _check_apart(names, file)
    return {ours: tensors[theirs] for theirs, ours in names}


def _check_apart(names: Iterable[tuple[str, str]], file: Path) -> None:
    """Refuse two tensors that a map gives one name: one of them would be lost in silence."""
    first: dict[str, str] = {}
    for theirs, ours in names:
        if ours in first:
            message = f"tensors `{first[ours]}` and `{theirs}` in {file} are both called `{ours}` by the map"
            raise DiagnosticError(Diagnostic("E551", message, help="correct the map, or name the net it was made for"))
        first[ours] = theirs


def _advise_map(net: Net, tensors: Mapping[str, Array], file: Path) -> None:
    """Raise E551 where the names are strange, and those that a map beside the net expects."""
    known = {parameter.name for parameter in net.parameters}
    for name, map in shipped_maps(texts(net)).items():
        if known & {map(theirs) for theirs in tensors}:
            message = f"the tensors in {file} are called as {name} calls them, and not as net `{net.name}` does"
            text = f'`map = "{name}"` in the text\'s `weights(…)`'
            help = f'translate them: `--map {name}` on the command line, {text}, `map="{name}"` in `model.load`'
            raise DiagnosticError(Diagnostic("E551", message, help=help))


def _read(path: Path) -> tuple[Path, dict[str, Array], bool]:
    """The file that is read, its tensors, and whether all of them are weights."""
    file = RunFolder.open(path).weights() if path.is_dir() else path
    if file.suffix == ".onnx":
        check_file(file)
        return file, read_initializers(file), False  # constants of the graph are among them
    tensors, metadata = read_tensors(file)
    return file, tensors, PROGRESS_KEY not in metadata  # a checkpoint has the optimizer's state too


def _report(
    file: Path, parameters: Mapping[str, object], same: Mapping[str, object],
    taken: Mapping[str, Array], tensors: Mapping[str, Array],
) -> list[str]:  # fmt: skip
    """What was taken, and by name what was not."""
    said = [f"{len(taken)} of {counted(len(parameters), 'tensor')} from {file}"]
    groups = {
        "of another shape, drawn anew": [name for name in same if name not in taken],
        "not in it, drawn anew": [name for name in parameters if name not in same],
        "of no use here": [name for name in tensors if name not in parameters and not name.endswith(COUNTER)],
    }
    return said + [f"{what}: {', '.join(names)}" for what, names in groups.items() if names]
