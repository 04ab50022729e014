"""What a run was asked for: run.json, as a record."""

from __future__ import annotations

import contextlib
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypedDict

from netc.compiler import Memory, Net, Precision, TrainPlan, check_moves, override
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.schema import Count
from netc.runtime.data.spec import split_spec
from netc.runtime.folder.run_folder import RunFolder

Pair = TypedDict("Pair", {"from": Any, "to": Any})
"""A setting before a change and after it."""


class Change(TypedDict):
    """What a resume changed: before which epoch, after how many steps, each setting by its name."""

    epoch: Count
    step: Count
    settings: dict[str, Pair]


@dataclass(slots=True)
class Request:
    """What a run was asked for; run.json holds it.

    file       the net's file, in a run folder relative to the folder
    net        the net's name;  settings: its arguments as `k=v`
    overrides  of the plan: batch, epochs, lr
    changes    what a resume changed, each with the epoch and step at which it did: {"lr": {"from": …, "to": …}}
    init       weights to start from;  init_partial: part of them will do;  init_map: beginnings of their names;
               init_names: the map beside the net that says what they are called
    data       what `--data` says;  card: what it means, as JSON
    cache_features  whether the frozen front is run once for each row
    precision  of the training step;  tf32: whether CUDA may multiply in TF32
    memory     of the training step
    texts      the files of the net in the folder and their SHA-256
    label      of the train section, where it isn't the first
    own_plan   the plan was made in Python: the text doesn't say it, the manifest does
    deterministic   whether sums are added in one order whatever the number of cores
    relative   of PATHS, those that start at the run folder in run.json; here they start at the working folder
    skip_bad_steps  how many steps may be left out because they are not finite
    """

    file: str
    net: str
    settings: list[str] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    data: str = ""
    seed: Count = 0
    device: str = "auto"
    init: str | None = None
    init_partial: bool = False
    init_map: dict[str, str] = field(default_factory=dict)
    init_names: str | None = None
    cache_features: bool = False
    precision: Precision = "float32"
    tf32: bool = False
    memory: Memory = "normal"
    card: dict[str, Any] | None = None
    changes: list[Change] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    label: str | None = None
    own_plan: bool = False
    skip_bad_steps: Count = 0
    deterministic: bool = False
    relative: list[Literal["data", "init"]] = field(default_factory=list)

    def plan(self, net: Net) -> TrainPlan:
        """The net's plan with what was overridden; raises DiagnosticError E561 where the text doesn't say it."""
        if self.own_plan:
            help = "make the trainer as there, with `trainer.resume(folder)` before `fit`"
            message = "the plan of this run was made in Python, and its text doesn't say it"
            raise DiagnosticError(Diagnostic("E561", message, help=help))
        plan = net.plan(self.label)
        if not self.overrides:
            return plan
        plan = override(plan, **self.overrides)
        if "freeze" in self.overrides:
            check_moves(net.parameters, net.inputs, plan)
        return plan


def with_data(request: Request, data: str) -> Request:
    """The same with other data, which may be a name, and where it is a path starts where one that is typed does."""
    return replace(request, data=data, relative=[name for name in request.relative if name != "data"])


def write_request(folder: RunFolder, request: Request) -> None:
    """Write run.json."""
    folder.write_request(stored(folder, request))


def stored(folder: RunFolder, request: Request) -> dict[str, Any]:
    """What run.json says. Absolute paths of the user are none there: they start at the folder, as `relative` says."""
    said, relative = asdict(request), []
    for name in PATHS:
        path, options = split_spec(said[name] or "")
        if path and (os.path.isabs(path) or name in request.relative):
            with contextlib.suppress(ValueError):  # on another drive
                said[name] = Path(os.path.relpath(_absolute(path), folder.path.resolve())).as_posix() + options
                relative.append(name)
    return said | {"relative": relative}


PATHS = ("data", "init")
"""What of a request may be a path."""


def request_of(folder: RunFolder) -> Request:
    """What a run was asked for; raises DiagnosticError E534 to E536, E561."""
    request = folder.read_request(Request)
    for name in request.relative:
        path, options = split_spec(getattr(request, name) or "")
        setattr(request, name, _from_here(folder.path, path) + options)
    return request


def _absolute(path: str) -> str:
    """A path without `..`, which behind a link leads up from where the link leads to; other links stay as they are."""
    plain, real = os.path.abspath(path), os.path.realpath(path)
    return plain if os.path.realpath(plain) == real else real


def _from_here(folder: Path, path: str) -> str:
    """A path that starts at a folder, which may be a link; from the working folder where the folder's own path does."""
    found = os.path.normpath(folder.resolve() / path)
    if not folder.is_absolute():
        with contextlib.suppress(ValueError):  # on another drive
            return os.path.relpath(found)
    return found
