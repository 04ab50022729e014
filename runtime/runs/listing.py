"""The runs in a folder and their best figures, read from their JSON alone: no weights are loaded, no net compiled."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from netc.compiler import metric, single
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.schema import Count, conform
from netc.runtime.folder.beginning import is_beginning
from netc.runtime.folder.lock import is_at_work
from netc.runtime.folder.progress import PREFIX, Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.tested import read_test
from netc.runtime.runs.request import request_of

Found = TypeVar("Found")

PARTS_OF_A_RUN = ("run.json", "last.safetensors", "metrics.jsonl")
"""What makes a folder a run, be it a damaged one."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run.

    changed     when its last checkpoint was written, in seconds since 1970
    status      "finished", "stopped", "diverged", "running", or "damaged", which has a `reason` and nothing else
    done        epochs that are finished, of so many `planned`
    best_epoch  the epoch whose weights were kept, by `watched`, the name of a metric, or "loss"
    metrics     the figures of that epoch on the part `val`, or where nothing was held out, of the training: `held_out`
    test        the figures on the part `test`, where it was measured
    words       of the metrics, by the names they have in the plan
    params      weights of the net, frozen ones included
    seconds     of training, without measurements
    """

    path: Path
    changed: float
    status: str
    reason: str | None = None
    net: str | None = None
    done: int | None = None
    planned: int | None = None
    best_epoch: int | None = None
    watched: str | None = None
    held_out: bool = False
    metrics: dict[str, float] = field(default_factory=dict)
    test: dict[str, float] | None = None
    words: dict[str, str] = field(default_factory=dict)
    params: int | None = None
    seconds: float | None = None


class DamagedError(Exception):
    """Why a folder of a run cannot be read, in words."""


def runs_in(folder: Path) -> list[RunEntry]:
    """Every run in a folder, at any depth but hidden ones, by path; the folder itself where it is a run."""
    found = []
    for inside, folders, files in os.walk(folder):
        if any(name in files for name in PARTS_OF_A_RUN):
            folders.clear()
            found.append(read_run(Path(inside)))
        folders[:] = [name for name in folders if not name.startswith(".")]
    return sorted(found, key=lambda entry: entry.path)


def read_run(path: Path) -> RunEntry:
    """One run; what is wrong with it is its `reason`."""
    folder = RunFolder(path)
    if is_beginning(folder):
        return RunEntry(path, _changed(path), "damaged", reason="a training ended there before it began")
    changed = max(_changed(file) for file in (path, folder.run_json, folder.checkpoint, folder.metrics))
    try:
        return _read(folder, changed)
    except DamagedError as reason:
        return RunEntry(path, changed, "damaged", reason=str(reason))


def _read(folder: RunFolder, changed: float) -> RunEntry:
    at_work = is_at_work(folder.path)
    request = _told(folder, folder.run_json, lambda: request_of(folder))
    manifest = _told(folder, folder.manifest_json, folder.read_manifest)
    fresh = at_work and not folder.checkpoint.exists()
    progress = Progress() if fresh else _told(folder, folder.checkpoint, folder.read_progress)
    tested = _told(folder, folder.test_json, lambda: read_test(folder)) if folder.test_json.exists() else None
    try:
        settings = manifest["settings"]
        planned = conform(request.overrides.get("epochs", settings["epochs"]), Count, "epochs")
        ports = [port for port in manifest["inputs"] if port["role"] == "param" and not port["buffer"]]
        held_out, figures = _best(progress)
        words = {item["name"]: item["metric"]["name"] for item in settings["metrics"]}
        unknown = sorted(words.values() - metric.all().keys())
        if unknown:
            raise DamagedError(f"{folder.manifest_json.name} names a metric `{unknown[0]}`, which there is not")
        watched = None if progress.best is None else progress.best["metric"].removeprefix(PREFIX)
        if watched is not None and watched not in figures:
            raise DamagedError(f"{folder.checkpoint.name} chose its best epoch by `{watched}`, which that epoch lacks")
        ended = progress.epoch >= planned or folder.model.exists()
        return RunEntry(
            folder.path,
            changed,
            "running" if at_work else "finished" if ended else _stopped(folder),
            net=request.net,
            done=progress.epoch,
            planned=planned,
            best_epoch=None if progress.best is None else progress.best["epoch"],
            watched=watched,
            held_out=held_out,
            metrics=figures,
            test=single(tested["metrics"]) if tested is not None else None,
            words=words,
            params=sum(math.prod(port["shape"]) for port in ports),
            seconds=sum(record["seconds"] for record in progress.history) + progress.seconds,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"its files do not belong together: {type(error).__name__} {error}") from error


def _stopped(folder: RunFolder) -> str:
    return "diverged" if folder.diverged_json.exists() else "stopped"


def _told(folder: RunFolder, path: Path, read: Callable[[], Found]) -> Found:
    """What a file of the run holds; raises DamagedError."""
    if not path.exists():
        raise DamagedError(f"it has no {path.name}")
    try:
        return read()
    except DiagnosticError as error:
        raise DamagedError(error.diagnostics[0].message.replace(f"{folder.path}{os.sep}", "")) from None


def _best(progress: Progress) -> tuple[bool, dict[str, float]]:
    """Whether rows were held out, and the figures of the best epoch on them, else of the training."""
    if progress.best is None:
        return False, {}
    record = next(record for record in progress.history if record["epoch"] == progress.best["epoch"])
    held_out = {name.removeprefix(PREFIX): value for name, value in record.items() if name.startswith(PREFIX)}
    learned = {name: value for name, value in record.items() if name not in _OTHER}
    return bool(held_out), held_out or learned


_OTHER = ("epoch", "step", "learning_rate", "seconds")


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
