"""Weights to start a training from: a weight file, a run folder, a checkpoint or a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netc.compiler import Net, fit, read_initializers, read_tensors
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


def read_initial(path: Path, net: Net, *, partial: bool = False, renamed: Mapping[str, str] | None = None) -> Initial:
    """Weights for a net from a .safetensors file, a run folder (its best), a checkpoint or an .onnx model.

    partial  takes what fits by name and shape, and reports the rest
    renamed  beginnings of names and what stands there instead: {"module.": ""}

    Raises DiagnosticError E550 to E553 and E568 for weights that don't fit, E560 for a folder that is no run.
    """
    file = RunFolder.open(path).weights() if path.is_dir() else path
    exact = True
    if file.suffix == ".onnx":
        check_file(file)
        tensors, exact = read_initializers(file), False  # constants of the graph are among them
    else:
        tensors, metadata = read_tensors(file)
        exact = PROGRESS_KEY not in metadata  # a checkpoint has the optimizer's state too
    for old, new in (renamed or {}).items():
        tensors = {new + name[len(old) :] if name.startswith(old) else name: tensors[name] for name in tensors}
    parameters = {parameter.name: parameter.value for parameter in net.parameters}
    if not partial:
        return Initial(fit(tensors, parameters, net, file=str(file), exact=exact), [])
    same = {name: value for name, value in parameters.items() if name in tensors}
    fitting = {name: value for name, value in same.items() if np.shape(tensors[name]) == value.shape}
    if not fitting:
        message = f"no tensor in {file} has name and shape of a parameter of net `{net.name}`"
        help = "give the weights of a net with some of the same layers, or rename them: `--map OLD=NEW`"
        raise DiagnosticError(Diagnostic("E550", message, help=help))
    weights = fit(tensors, fitting, net, file=str(file))
    return Initial(weights, _report(file, parameters, same, weights, tensors if exact else {}))


def _report(
    file: Path, parameters: Mapping[str, object], same: Mapping[str, object],
    taken: Mapping[str, Array], tensors: Mapping[str, Array],
) -> list[str]:  # fmt: skip
    """What was taken, and by name what was not."""
    said = [f"{len(taken)} of {counted(len(parameters), 'tensor')} from {file}"]
    groups = {
        "of another shape, drawn anew": [name for name in same if name not in taken],
        "not in it, drawn anew": [name for name in parameters if name not in same],
        "of no use here": [name for name in tensors if name not in parameters],
    }
    return said + [f"{what}: {', '.join(names)}" for what, names in groups.items() if names]
