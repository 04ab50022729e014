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
from typing import Any, TypedDict, TypeVar

from netc.compiler import MANIFEST_VERSION, Figure, ManifestForm, as_safetensors, read_metadata, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import DAMAGED, DocumentError, not_permitted, opened, read_document, written
from netc.grammar.opening import read_file
from netc.grammar.schema import Count, FormError
from netc.runtime.folder import door
from netc.runtime.folder.files import (
    cannot_write,
    make_folder,
    write_atomic,
    write_kept,
    write_pieces,
    write_weights,
)
from netc.runtime.folder.lock import FolderLock, is_at_work
from netc.runtime.folder.progress import KeptRecord, Progress, Record
from netc.runtime.folder.temporary import LEFT, sweep
from netc.runtime.sessions.resident import Array

Form = TypeVar("Form")

RUN_VERSION = 2
TEST_VERSION = 1
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
            if path.is_file():
                reason = "it is a file"
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
        write_atomic(self.manifest_json, written(manifest))
        for name, text in texts.items():
            target = self.path / name
            make_folder(target.parent)
            write_atomic(target, text.encode())

    def read_manifest(self) -> dict[str, Any]:
        """What manifest.json holds; raises DiagnosticError E534 to E536, E561."""
        help = "start a new run from the net's text in the folder"
        found: dict[str, Any] = self._read(self.manifest_json, ManifestForm, MANIFEST_VERSION, help)
        return found

    def write_request(self, run: Mapping[str, Any]) -> None:
        """Replace run.json."""
        write_atomic(self.run_json, written({"version": RUN_VERSION, **run}))

    def read_request(self, form: type[Form]) -> Form:
        """What was asked for, as a form; raises DiagnosticError E534 to E536, and E561 where run.json is torn."""
        help = "start a new run from the net's text in the folder, with `--init` for the weights"
        found: Form = self._read(self.run_json, form, RUN_VERSION, help)
        return found

    def _read(self, path: Path, form: Any, version: int, help: str) -> Any:
        """A document of the run; raises DiagnosticError E534 to E536, E561."""
        try:
            return read_document(path, form, version=version, code="E561", help=help)
        except FileNotFoundError:
            raise DiagnosticError(Diagnostic("E561", f"{self.path} has no {path.name}", help=help)) from None

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
        """The records in metrics.jsonl; raises DiagnosticError E536, E561."""
        if not self.metrics.exists():
            return []
        help = "remove it: `--resume` writes it anew from the checkpoint"
        try:
            lines = read_file(self.metrics).decode("utf-8").splitlines()
            return [opened(line, KeptRecord) for line in lines]
        except PermissionError as error:
            raise not_permitted(self.metrics, error) from None
        except (OSError, UnicodeDecodeError, DocumentError) as error:
            said = str(error) if isinstance(error, DocumentError) else "is no JSON"
            raise DiagnosticError(Diagnostic("E561", f"{self.metrics} has a line that {said}", help=help)) from None

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
        about = {"version": RUN_VERSION, "seed": seed, "rows": rows, "progress": progress.to_json()}
        content = as_safetensors(tensors, {PROGRESS_KEY: json.dumps(about), **_card(card)})
        if self.saved == progress.step:
            write_pieces(self.last, content)
        else:
            write_kept(self.last, content, self.previous)
        self.saved = progress.step

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint that is there: a crash on a file system without links may have left the one before."""
        return self.last if self.last.exists() or not self.previous.exists() else self.previous

    def read_last(self) -> tuple[dict[str, Array], About, Progress]:
        """Tensors, what is said about them, progress; raises DiagnosticError E534 to E536, E553, E561.

        Where the last checkpoint is damaged and the one before isn't, the error says how to go on from that.
        """
        try:
            tensors, about, progress = _read_checkpoint(self.checkpoint)
        except DiagnosticError as error:
            raise self.with_intact(self.checkpoint, error) from error
        self.saved = progress.step
        return tensors, about, progress

    def read_progress(self) -> Progress:
        """How far the training has come, of the checkpoint's header alone; raises as `read_last`."""
        return _checkpoint(self.checkpoint, read_metadata(self.checkpoint))[1]

    def check_best(self) -> None:
        """Raise DiagnosticError where the weights of the best epoch are there and cannot be read.

        A training that goes on has to have them at its end, unless it comes to better ones.
        """
        if self.best.exists():
            try:
                read_tensors(self.best)
            except DiagnosticError as error:
                raise self.with_intact(self.best, error) from error

    def with_intact(self, file: Path, error: DiagnosticError) -> DiagnosticError:
        """What is wrong with a file of the run, with the way out by one that is intact, where there is one."""
        first = error.diagnostics[0]
        if first.code == DAMAGED and file == self.model:
            message = first.message.replace(str(self.path), str(file), 1) if str(file) not in first.message else None
            first = replace(first, message=message or first.message)
        found = self._way_out(file) if first.code in (DAMAGED, "E553", "E565", "E561") else None
        return DiagnosticError([first if found is None else replace(first, help=found), *error.diagnostics[1:]])

    def _way_out(self, file: Path) -> str | None:
        quoted = shlex.quote(str(file))
        if file == self.last and (step := _step(self.previous)) is not None:
            return f"{self.previous.name} is intact: remove {quoted}, and `--resume` goes on after step {step}"
        if file == self.model and _reads(self.best):
            return f"{self.best.name} is intact: remove {quoted}, and the network is made of that"
        if file == self.best and _reads(self.model):
            text = next((path for path in sorted(self.path.glob("*.net"))), self.path)
            command = f"netc weights {shlex.quote(str(self.model))} {shlex.quote(str(text))} -o {quoted}"
            return f"{self.model.name} is intact and has the same weights: `{command}`"
        if file == self.best and _reads(self.checkpoint):
            init = f"`--init {shlex.quote(str(self.checkpoint))}`"
            return f"the last checkpoint is intact: start a new run from its weights, {init}"
        return None

    def write_test(self, part: str, examples: int, metrics: Mapping[str, Figure]) -> None:
        """Write test.json."""
        found = {"version": TEST_VERSION, "part": part, "examples": examples, "metrics": dict(metrics)}
        write_atomic(self.test_json, written(found))

    def read_test(self) -> Tested | None:
        """What test.json holds, or None where there is none; raises DiagnosticError E534 to E536, E561."""
        if not self.test_json.is_file():
            return None
        help = "remove it and measure again: `netc eval` with the run and `--part test`"
        found: Tested = self._read(self.test_json, Tested, TEST_VERSION, help)
        return found

    def weights(self) -> Path:
        """The best weights, or where there are none yet the last."""
        return self.best if self.best.exists() else self.checkpoint


class About(TypedDict):
    """What a checkpoint says beside its version: seed and rows of the training, and its progress as JSON."""

    seed: int
    rows: Count
    progress: dict[str, Any]


class Tested(TypedDict):
    """What was measured on the part `test`: its name, the rows, the figures."""

    part: str
    examples: Count
    metrics: dict[str, Any]


def _read_checkpoint(path: Path) -> tuple[dict[str, Array], About, Progress]:
    tensors, metadata = read_tensors(path)
    return tensors, *_checkpoint(path, metadata)


def _checkpoint(path: Path, metadata: Mapping[str, str]) -> tuple[About, Progress]:
    """What a checkpoint says in its metadata; raises DiagnosticError E535, E561."""
    help = "start a new run, with `--init` for the weights"
    if PROGRESS_KEY not in metadata:
        raise DiagnosticError(Diagnostic("E561", f"{path} is no checkpoint of a run", help=help))
    try:
        about: About = opened(metadata[PROGRESS_KEY], About, RUN_VERSION)
        return about, Progress.from_json(about["progress"])
    except FormError as reason:
        error = DocumentError(f"is of another form: {reason}")
        raise DiagnosticError(error.finding(f"what {path} says of its training", "E561", help)) from None
    except DocumentError as error:
        raise DiagnosticError(error.finding(f"what {path} says of its training", "E561", help)) from None


def _reads(path: Path) -> bool:
    """Whether a file's weights can be read."""
    try:
        return path.exists() and bool(read_tensors(path)[0])
    except DiagnosticError:
        return False


def _step(path: Path) -> str | None:
    """After which step a checkpoint is, where it can be read."""
    try:
        return f"{_read_checkpoint(path)[2].step:,}" if path.exists() else None
    except DiagnosticError:
        return None


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
