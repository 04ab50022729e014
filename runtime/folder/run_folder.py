"""Run folders: what a training leaves behind, and what it resumes from.

    digits.net          the net's text, and every file it uses
    run.json            what was asked for: net, settings, data, seed
    lock.json           what it was made with: versions, device, threads, and fingerprints of text, data and weights
    manifest.json       inputs and outputs of the training step
    metrics.jsonl       a record for each epoch;  results.csv: the same as a table
    best.safetensors    the weights of the best epoch
    adapter.safetensors what was trained beside weights that stayed, in the best epoch, where the section adapts some
    last.safetensors    the last checkpoint: parameters, optimizer state and, as metadata, the progress
    previous.safetensors  the checkpoint before
    test.json           with a part `test`: loss and metrics on it, measured once, with the best weights
    sample.npz          a few examples to try `netc predict` on
    model.onnx          the network with its best weights, at the end
    run.lock            while a training is at work here: its process
    profile.json        with `--profile`: where the time of a step goes;  profile.txt: the same as a table

Files are replaced in one go, so that a crash leaves the old one or the new one. run.json is written last, after the
first checkpoint: a folder that has it can go on, and one without it is a beginning that the next training takes over.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from netc.compiler import Figure, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file, read_text_file
from netc.runtime.folder import door
from netc.runtime.folder.files import (
    as_safetensors,
    cannot_write,
    make_folder,
    write_atomic,
    write_kept,
    write_weights,
)
from netc.runtime.folder.lock import FolderLock, is_at_work
from netc.runtime.folder.progress import Progress, Record
from netc.runtime.folder.temporary import LEFT, sweep
from netc.runtime.sessions.resident import Array

RUN_VERSION = 2
PROGRESS_KEY = "netc.checkpoint"
CARD_KEY = "netc.card"


class RunFolder:
    """A folder of one training."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_json = path / "run.json"
        self.manifest_json = path / "manifest.json"
        self.lock_json = path / "lock.json"
        self.metrics = path / "metrics.jsonl"
        self.results = path / "results.csv"
        self.best = path / "best.safetensors"
        self.adapter = path / "adapter.safetensors"
        self.last = path / "last.safetensors"
        self.previous = path / "previous.safetensors"
        self.model = path / "model.onnx"
        self.sample = path / "sample.npz"
        self.curves = path / "curves.png"
        self.test_json = path / "test.json"
        self.profile_json = path / "profile.json"
        self.profile_text = path / "profile.txt"
        self.lock = FolderLock(path)
        self.fresh = False
        self.saved: int | None = None  # the step of the last checkpoint

    @staticmethod
    def create(path: Path | None, name: str) -> RunFolder:
        """A new folder: `path`, or `runs/NAME`, `runs/NAME-2`, … Raises DiagnosticError E562, E563, E569.

        A folder in which a training was killed before it began is as good as a new one.
        """
        try:
            if path is not None:
                door.make_folder(path)
                if any(path.iterdir()) and not RunFolder(path).is_beginning():
                    if is_at_work(path):
                        raise FolderLock(path).refused()
                    help = f"use another folder, or `--resume {shlex.quote(str(path))}` to go on with the run in it"
                    raise DiagnosticError(Diagnostic("E563", f"{path} is not empty", help=help))
                return RunFolder(path)
            root = Path("runs")
            door.make_folder(root)
            number = 1
            while True:
                candidate = root / (name if number == 1 else f"{name}-{number}")
                try:
                    candidate.mkdir()
                except FileExistsError:
                    if not RunFolder(candidate).is_beginning() or is_at_work(candidate):
                        number += 1
                        continue
                return RunFolder(candidate)
        except OSError as error:
            raise cannot_write(path or Path("runs"), error) from error

    @staticmethod
    def open(path: Path) -> RunFolder:
        """An existing run; raises DiagnosticError E560."""
        folder = RunFolder(path)
        if not folder.run_json.is_file():
            reason = "it has no run.json" if path.is_dir() else "there is no such folder"
            help = "give a folder that `netc train` made, such as `runs/NAME`"
            if folder.is_beginning():
                reason = "a training ended there before it began"
                help = f"begin anew: `netc train FILE --out {shlex.quote(str(path))}` takes the folder over"
            raise DiagnosticError(Diagnostic("E560", f"{path} is not a run: {reason}", help=help))
        return folder

    def is_beginning(self) -> bool:
        """Whether a training was killed here before it had begun: the folder holds only what it wrote by then."""
        try:
            names = {entry.name for entry in self.path.iterdir()}
            others = names - {path.name for path in self._begun}
            return (
                bool(names & {self.lock.path.name, self.manifest_json.name})
                and not self.run_json.exists()
                and all(LEFT.fullmatch(name) or _holds_texts(self.path / name) for name in others)
            )
        except OSError:
            return False

    @property
    def _begun(self) -> list[Path]:
        """What is written before run.json, beside texts."""
        return [self.lock.path, self.manifest_json, self.lock_json, self.sample, self.last, self.previous]

    def sweep(self) -> None:
        """Remove what killed writers left; the folder is locked."""
        sweep(self.path)
        if not self.run_json.exists():
            for path in self._begun:
                if path != self.lock.path:
                    path.unlink(missing_ok=True)

    def describe(self, manifest: Mapping[str, Any], texts: Mapping[str, str]) -> None:
        """Write the manifest and the texts (name in the folder -> content)."""
        write_atomic(self.manifest_json, _json(manifest))
        for name, text in texts.items():
            target = self.path / name
            make_folder(target.parent)
            write_atomic(target, text.encode())

    def write_request(self, run: Mapping[str, Any]) -> None:
        """Replace run.json."""
        write_atomic(self.run_json, _json({"version": RUN_VERSION, **run}))

    def read_request(self) -> dict[str, Any]:
        """What was asked for; raises DiagnosticError E561 when run.json is damaged."""
        try:
            found = json.loads(read_text_file(self.run_json))
            version = found["version"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            help = "start a new run from the net's text in the folder"
            raise DiagnosticError(Diagnostic("E561", f"{self.run_json} is damaged", help=help)) from error
        if version != RUN_VERSION:
            message = f"{self.run_json} is of version {version}, this netc reads version {RUN_VERSION}"
            help = "use the netc that made the run, or start a new one with `--init` for the weights"
            raise DiagnosticError(Diagnostic("E561", message, help=help))
        return dict(found)

    def restart(self, progress: Progress) -> None:
        """Make the result files agree with the progress: lines of epochs after the checkpoint go."""
        lines = "".join(json.dumps(record) + "\n" for record in progress.history)
        write_atomic(self.metrics, lines.encode())
        self._write_results(progress.history)

    def record(self, record: Record) -> None:
        """Add an epoch to metrics.jsonl and results.csv."""
        history = [*self.history(), record]
        write_atomic(self.metrics, "".join(json.dumps(each) + "\n" for each in history).encode())
        self._write_results(history)

    def history(self) -> list[Record]:
        """The records in metrics.jsonl."""
        if not self.metrics.exists():
            return []
        return [json.loads(line) for line in read_file(self.metrics).decode("utf-8").splitlines()]

    def _write_results(self, history: Sequence[Record]) -> None:
        columns = list(dict.fromkeys(name for record in history for name in record))
        text = io.StringIO()
        table = csv.DictWriter(text, columns or ["epoch"], lineterminator="\n")
        table.writeheader()
        table.writerows(history)
        write_atomic(self.results, text.getvalue().encode())

    def save_best(self, weights: Mapping[str, Array], card: Mapping[str, Any] | None = None) -> None:
        """Replace best.safetensors; the card says what the data meant."""
        write_weights(self.best, weights, _card(card))

    def save_adapter(self, tensors: Mapping[str, Array], metadata: dict[str, str]) -> None:
        """Replace adapter.safetensors."""
        write_weights(self.adapter, tensors, metadata)

    def save_last(
        self,
        tensors: Mapping[str, Array],
        seed: int,
        rows: int,
        progress: Progress,
        card: Mapping[str, Any] | None = None,
    ) -> None:
        """Replace the checkpoint: tensors, progress and card are one file, so that they always belong together.

        The one before is kept too, unless it is of the same step.
        """
        about = {
            "version": RUN_VERSION,
            "seed": seed,
            "rows": rows,
            "progress": progress.to_json(),
        }
        content = as_safetensors(tensors, {PROGRESS_KEY: json.dumps(about), **_card(card)})
        if self.saved == progress.step:
            write_atomic(self.last, content)
        else:
            write_kept(self.last, content, self.previous)
        self.saved = progress.step

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint that is there: a crash on a file system without links may have left the one before."""
        return self.last if self.last.exists() or not self.previous.exists() else self.previous

    def read_last(self) -> tuple[dict[str, Array], dict[str, Any], Progress]:
        """Tensors, what was said about them, progress; raises DiagnosticError E553, E561.

        Where the last checkpoint is damaged and the one before isn't, the error says how to go on from that.
        """
        try:
            tensors, about, progress = _read_checkpoint(self.checkpoint)
        except DiagnosticError as error:
            raise self._with_previous(error) from error
        self.saved = progress.step
        return tensors, about, progress

    def _with_previous(self, error: DiagnosticError) -> DiagnosticError:
        if self.checkpoint == self.previous or not self.previous.exists():
            return error
        try:
            before = _read_checkpoint(self.previous)[2]
        except DiagnosticError:
            return error
        help = f"remove {self.last}: `--resume` then goes on from {self.previous.name}, after step {before.step:,}"
        return DiagnosticError([replace(found, help=help) for found in error.diagnostics])

    def write_test(self, part: str, examples: int, metrics: Mapping[str, Figure]) -> None:
        """Write test.json."""
        write_atomic(
            self.test_json, _json({"version": 1, "part": part, "examples": examples, "metrics": dict(metrics)})
        )

    def read_test(self) -> dict[str, Any] | None:
        """What test.json holds, or None where there is none; raises DiagnosticError E561."""
        if not self.test_json.is_file():
            return None
        try:
            found = json.loads(read_text_file(self.test_json))
            return {"part": str(found["part"]), "examples": int(found["examples"]), "metrics": dict(found["metrics"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            help = "measure again: `netc eval` with the run and `--part test`"
            raise DiagnosticError(Diagnostic("E561", f"{self.test_json} is damaged", help=help)) from error

    def weights(self) -> Path:
        """The best weights, or where there are none yet the last."""
        return self.best if self.best.exists() else self.checkpoint


def _read_checkpoint(path: Path) -> tuple[dict[str, Array], dict[str, Any], Progress]:
    tensors, metadata = read_tensors(path)
    try:
        about = json.loads(metadata[PROGRESS_KEY])
        return tensors, about, Progress.from_json(about["progress"])
    except (KeyError, ValueError, TypeError) as error:
        help = "start a new run, with `--init` for the weights"
        raise DiagnosticError(Diagnostic("E561", f"{path} is no checkpoint of a run", help=help)) from error


def _holds_texts(path: Path) -> bool:
    """Whether it is a text of a net, or a folder of nothing else."""
    if path.is_dir():
        return all(LEFT.fullmatch(inner.name) or _holds_texts(inner) for inner in path.iterdir())
    return path.suffix == ".net"


def texts_of(file: str, source: str, sources: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The name of a net's file in a run folder, and every text it needs by its name there.

    Files keep their places relative to each other; files of the standard library stay where they are.
    """
    from netc import compiler

    library = os.path.dirname(os.path.abspath(compiler.__file__ or ""))
    real = os.path.realpath(library)
    main = os.path.abspath(file)
    texts = {os.path.abspath(name): text for name, text in sources.items()}
    texts = {name: text for name, text in texts.items() if not os.path.realpath(name).startswith(real + os.sep)}
    texts[main] = source
    root = os.path.dirname(main)
    if any(os.path.relpath(name, root).startswith(os.pardir) for name in texts):
        root = os.path.commonpath([os.path.dirname(name) for name in texts])
    placed = {Path(os.path.relpath(name, root)).as_posix(): text for name, text in texts.items()}
    return Path(os.path.relpath(main, root)).as_posix(), placed


def _card(card: Mapping[str, Any] | None) -> dict[str, str]:
    return {} if card is None else {CARD_KEY: json.dumps(card)}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
