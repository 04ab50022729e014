"""The runs in a folder and their best figures, read from their JSON alone: no weights are loaded, no net compiled."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netc.compiler import single
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.opening import open_file, read_text_file
from netc.runtime.folder.lock import is_at_work
from netc.runtime.folder.progress import PREFIX, Progress
from netc.runtime.folder.run_folder import PROGRESS_KEY, RUN_VERSION, RunFolder

PARTS_OF_A_RUN = ("run.json", "last.safetensors", "metrics.jsonl")
"""What makes a folder a run, be it a damaged one."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One run.

    changed     when its last checkpoint was written, in seconds since 1970
    status      "finished", "stopped", "running", or "damaged", which has a `reason` and nothing else
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
    if folder.is_beginning():
        return RunEntry(path, _changed(path), "damaged", reason="a training ended there before it began")
    changed = max(_changed(file) for file in (path, folder.run_json, folder.checkpoint, folder.metrics))
    try:
        return _read(folder, changed)
    except DamagedError as reason:
        return RunEntry(path, changed, "damaged", reason=str(reason))


def _read(folder: RunFolder, changed: float) -> RunEntry:
    request, manifest = _json(folder.run_json), _json(folder.manifest_json)
    if request.get("version") != RUN_VERSION:
        raise DamagedError(f"run.json is of version {request.get('version')}, this netc reads version {RUN_VERSION}")
    at_work = is_at_work(folder.path)
    try:
        settings = manifest["settings"]
        planned = int(request["overrides"].get("epochs", settings["epochs"]))
        ports = [port for port in manifest["inputs"] if port["role"] == "param" and not port["buffer"]]
        progress = Progress() if at_work and not folder.checkpoint.exists() else _progress(folder.checkpoint)
        held_out, figures = _best(progress)
        ended = progress.epoch >= planned or folder.model.exists()
        status = "running" if at_work else "finished" if ended else "stopped"
        return RunEntry(
            folder.path,
            changed,
            status,
            net=str(request["net"]),
            done=progress.epoch,
            planned=planned,
            best_epoch=None if progress.best is None else int(progress.best["epoch"]),
            watched=None if progress.best is None else progress.best["metric"].removeprefix(PREFIX),
            held_out=held_out,
            metrics=figures,
            test=single(_json(folder.test_json)["metrics"]) if folder.test_json.exists() else None,
            words={item["name"]: item["metric"]["name"] for item in settings["metrics"]},
            params=sum(math.prod(port["shape"]) for port in ports),
            seconds=sum(record["seconds"] for record in progress.history) + progress.seconds,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"its files do not belong together: {type(error).__name__} {error}") from error


def _best(progress: Progress) -> tuple[bool, dict[str, float]]:
    """Whether rows were held out, and the figures of the best epoch on them, else of the training."""
    if progress.best is None:
        return False, {}
    record = next(record for record in progress.history if record["epoch"] == progress.best["epoch"])
    held_out = {name.removeprefix(PREFIX): value for name, value in record.items() if name.startswith(PREFIX)}
    learned = {name: value for name, value in record.items() if name not in _OTHER}
    return bool(held_out), held_out or learned


_OTHER = ("epoch", "step", "learning_rate", "seconds")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text_file(path))
    except FileNotFoundError:
        raise DamagedError(f"it has no {path.name}") from None
    except OSError as error:
        raise DamagedError(f"{path.name} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except DiagnosticError as error:  # a folder, a device, a file that is too large
        raise DamagedError(f"{path.name} cannot be read: {error.diagnostics[0].message}") from None
    except ValueError:
        raise DamagedError(f"{path.name} is no JSON") from None
    if not isinstance(found, dict):
        raise DamagedError(f"{path.name} is of another form")
    return found


def _progress(checkpoint: Path) -> Progress:
    """What a checkpoint says in its header, which comes first in a safetensors file and gives the file's length."""
    try:
        size = checkpoint.stat().st_size
        with open_file(checkpoint) as file:
            length = int.from_bytes(file.read(8), "little")
            if length > size:
                raise ValueError(length)
            header: Mapping[str, Any] = json.loads(file.read(length))
        ends = [item["data_offsets"][1] for name, item in header.items() if name != "__metadata__"]
        if size != 8 + length + max(ends, default=0):
            raise DamagedError(f"{checkpoint.name} is cut off")
        return Progress.from_json(json.loads(header["__metadata__"][PROGRESS_KEY])["progress"])
    except FileNotFoundError:
        raise DamagedError(f"it has no {checkpoint.name}") from None
    except OSError as error:
        raise DamagedError(f"{checkpoint.name} cannot be read: {(error.strerror or str(error)).lower()}") from None
    except DiagnosticError as error:
        raise DamagedError(f"{checkpoint.name} cannot be read: {error.diagnostics[0].message}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamagedError(f"{checkpoint.name} is no checkpoint") from None


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
