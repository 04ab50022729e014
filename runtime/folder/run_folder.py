"""Run folders: begun, read and written. Files are replaced in one go: a crash leaves the old one or the new one.

The two that have a line for each epoch grow by it, so that the last epoch costs no more than the first.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict, TypeVar

from netc.compiler import (
    CHECKSUM_KEY,
    MANIFEST_VERSION,
    RUN_VERSION,
    Figure,
    ManifestForm,
    as_safetensors,
    read_metadata,
    read_tensors,
)
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import read_document, read_lines, sealed, written
from netc.grammar.schema import Count
from netc.grammar.writing import encoded
from netc.runtime.folder import door
from netc.runtime.folder.beginning import clear, is_beginning
from netc.runtime.folder.checkpoints import (
    About,
    card_metadata,
    epoch_in,
    epoch_metadata,
    metadata_of,
    read_about,
    read_checkpoint,
    request_in,
)
from netc.runtime.folder.files import (
    OUT,
    append,
    cannot_write,
    make_folder,
    move,
    write_atomic,
    write_kept,
    write_pieces,
)
from netc.runtime.folder.intact import with_intact
from netc.runtime.folder.lock import FolderLock, is_at_work
from netc.runtime.folder.progress import KeptRecord, Progress, Record
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.folder.temporary import sweep
from netc.runtime.sessions.resident import Array

Form = TypeVar("Form")

TEST_VERSION = 1

OTHER_BEGINNING = "a training of another text was ended there before it began"


class Tested(TypedDict):
    """What was measured on the part `test`: its name, the rows, the figures, the checksum of the weights."""

    part: str
    examples: Count
    metrics: dict[str, Any]
    weights: NotRequired[str]


class RunFolder(RunFiles):
    """A folder of one training."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lock = FolderLock(path)
        self.fresh = False
        self.made = False
        """Whether the folder was not there before."""
        self.saved: int | None = None
        """The step of the last checkpoint."""
        self.request: Mapping[str, Any] | None = None
        """What run.json says, or will say, as it was written here: checkpoints say it too."""
        self._columns: list[str] = []
        """Of results.csv, as it was written here."""

    @staticmethod
    def create(path: Path | None, name: str, texts: Mapping[str, str], go_on: str | None = None) -> RunFolder:
        """A new folder: `path`, or `runs/NAME`, `runs/NAME-2`, … Raises DiagnosticError E562, E563, E569.

        texts  that the training will write there, by their names
        go_on  how to go on with a run that is in the folder, where that isn't by the command's option

        A folder in which a training of the same texts was killed before it began is as good as a new one.
        """
        try:
            if path is not None:
                there = path.exists()
                door.make_folder(path)
                if any(path.iterdir()) and not RunFolder(path).is_beginning(texts):
                    if is_at_work(path):
                        raise FolderLock(path).refused()
                    help = "use another folder, or remove what is in it"
                    if RunFolder(path).run_json.exists():
                        go_on = go_on or f"`--resume {shlex.quote(str(path))}`"
                        help = f"use another folder, or {go_on} to go on with the run in it"
                    notes = (OTHER_BEGINNING,) if RunFolder(path).is_beginning() else ()
                    raise DiagnosticError(Diagnostic("E563", f"{path} is not empty", notes=notes, help=help))
                folder = RunFolder(path)
                folder.made = not there
                return folder
            root = Path("runs")
            door.make_folder(root)
            number = 1
            while True:
                folder = RunFolder(root / (name if number == 1 else f"{name}-{number}"))
                try:
                    folder.path.mkdir()
                    folder.made = True
                except FileExistsError:
                    if not folder.is_beginning(texts) or is_at_work(folder.path):
                        number += 1
                        continue
                return folder
        except OSError as error:
            raise cannot_write(path or Path("runs"), error, OUT.get()) from error

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
                help = f"begin anew: `netc train FILE --out {shlex.quote(str(path))}` with the same text takes it over"
            elif folder.is_restorable():
                help = f"its last checkpoint says what was in it: {folder._anew}"
            raise DiagnosticError(Diagnostic("E560", f"{path} is not a run: {reason}", help=help))
        return folder

    def is_beginning(self, texts: Mapping[str, str] | None = None) -> bool:
        """Whether a training of these texts, or of any, was killed here before it had begun."""
        return is_beginning(self, texts)

    def sweep(self) -> None:
        """Remove what killed writers left; the folder is locked."""
        sweep(self.path)
        if not self.run_json.exists():
            clear(self)

    def forsake(self) -> None:
        """Remove the folder of a run that does not begin, unless it was there before, or something is in it."""
        if self.made:
            self.lock.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.path.rmdir()

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
        self.request = run
        write_atomic(self.run_json, written({"version": RUN_VERSION, **run}))

    def read_request(self, form: type[Form]) -> Form:
        """What was asked for, as a form; raises DiagnosticError E534 to E536, and E561 where run.json is torn."""
        help = "start a new run from the net's text in the folder, with `--init` for the weights"
        try:
            found: Form = self._read(self.run_json, form, RUN_VERSION, help)
        except DiagnosticError:
            if request_in(self.checkpoint) is None:
                raise
            name, quoted = self.checkpoint.name, shlex.quote(str(self.run_json))
            found = self._read(self.run_json, form, RUN_VERSION, f"{name} is intact: remove {quoted}, and {self._anew}")
        return found

    @property
    def _anew(self) -> str:
        return f"`netc train --resume {shlex.quote(str(self.path))}` writes it anew"

    def is_restorable(self) -> bool:
        """Whether run.json is gone, and the checkpoint of the training that went on with it says the same."""
        return not self.run_json.exists() and not self.is_beginning() and request_in(self.checkpoint) is not None

    def restore_request(self) -> bool:
        """Write run.json anew of the checkpoint where it is gone; whether it was. The folder is locked."""
        if not self.is_restorable():
            return False
        self.write_request(request_in(self.checkpoint) or {})
        return True

    def _read(self, path: Path, form: Any, version: int, help: str) -> Any:
        """A document of the run; raises DiagnosticError E534 to E536, E561."""
        try:
            return read_document(path, form, version=version, code="E561", help=help)
        except FileNotFoundError:
            raise DiagnosticError(Diagnostic("E561", f"{self.path} has no {path.name}", help=help)) from None

    def restart(self, progress: Progress) -> str | None:
        """Make the files agree with the progress: what a finished run has goes, and lines after the checkpoint.

        What was wrong with a line of metrics.jsonl, which is written anew then, or None.
        """
        wrong = None
        try:
            self.history()
        except DiagnosticError as error:
            wrong = f"{error.diagnostics[0].message}; it is written anew, of {self.checkpoint.name}"
        for path in (self.model, self.test_json, self.curves, self.diverged_json):
            path.unlink(missing_ok=True)
        self._restore_best(progress)
        write_atomic(self.metrics, _lines(progress.history))
        self._write_results(progress.history)
        return wrong

    def record(self, record: Record) -> None:
        """Add an epoch to metrics.jsonl and results.csv, a line each; `restart` has begun both."""
        append(self.metrics, _lines([record]))
        if record.keys() <= set(self._columns):
            append(self.results, _table(self._columns, [record]))
        else:
            self._write_results(self.history())

    def note_diverged(self, step: int, reason: str) -> None:
        """Keep that the training ended by a divergence; a disk that is full as well says nothing of it."""
        with contextlib.suppress(DiagnosticError):
            write_atomic(self.diverged_json, written({"version": TEST_VERSION, "step": step, "reason": reason}))

    def history(self) -> list[Record]:
        """The records in metrics.jsonl; raises DiagnosticError E534, E536, E561, with the line that is wrong."""
        if not self.metrics.exists():
            return []
        help = "remove it: `--resume` writes it anew from the checkpoint"
        found: list[Record] = read_lines(self.metrics, KeptRecord, code="E561", help=help)
        return found

    def _write_results(self, history: Sequence[Record]) -> None:
        self._columns = list(dict.fromkeys(name for record in history for name in record)) or ["epoch"]
        header = dict(zip(self._columns, self._columns, strict=True))
        write_atomic(self.results, _table(self._columns, [header, *history]))

    def save_best(
        self, weights: Mapping[str, Array], epoch: int, step: int, card: Mapping[str, Any] | None = None
    ) -> None:
        """Replace best.safetensors by the weights of an epoch; the card says what the data meant.

        Those before are kept: until the next checkpoint is written the last one names them.
        """
        said = card_metadata(card) | epoch_metadata(epoch, step)
        write_kept(self.best, as_safetensors(weights, said), self.best_before)

    def save_adapter(self, tensors: Mapping[str, Array], metadata: dict[str, str], epoch: int, step: int) -> None:
        """Replace adapter.safetensors, in the same way."""
        said = metadata | epoch_metadata(epoch, step)
        write_kept(self.adapter, as_safetensors(tensors, said), self.adapter_before)

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
        content = as_safetensors(tensors, metadata_of(seed, rows, progress, card, self.request))
        if self.saved == progress.step:
            write_pieces(self.last, content)
        else:
            write_kept(self.last, content, self.previous)
        self.saved = progress.step

    def read_last(self) -> tuple[dict[str, Array], About, Progress]:
        """Tensors, what is said about them, progress; raises DiagnosticError E534 to E536, E553, E561.

        Where the last checkpoint is damaged and the one before isn't, the error says how to go on from that. Raises
        E560 for a folder in which there was no training.
        """
        if not self.checkpoint.exists():
            RunFolder.open(self.path)
            help = "start a new run, with `--init` for its best weights"
            if not self.best.exists():
                help = "start a new run from the net's text in the folder"
            raise DiagnosticError(Diagnostic("E561", f"{self.path} has no {self.last.name}", help=help))
        try:
            tensors, about, progress = read_checkpoint(self.checkpoint)
        except DiagnosticError as error:
            raise with_intact(self, self.checkpoint, error) from error
        self.saved = progress.step
        return tensors, about, progress

    def read_progress(self) -> Progress:
        """How far the training has come, of the checkpoint's header alone; raises as `read_last`."""
        return read_about(self.checkpoint, read_metadata(self.checkpoint))[1]

    def check_best(self, progress: Progress) -> None:
        """Raise DiagnosticError where the weights of the best epoch cannot be read, E561 where they are of another one.

        A training that goes on has to have them at its end, unless it comes to better ones.
        """
        for found, _ in self._of_best(progress):
            self.read_weights(found)

    def _restore_best(self, progress: Progress) -> None:
        """Let best.safetensors, and an adapter, be of the epoch that the progress names; raises as `check_best`."""
        if progress.best is None:
            for path in (self.best, self.best_before, self.adapter, self.adapter_before):
                path.unlink(missing_ok=True)
        for found, place in self._of_best(progress):
            if found != place:
                move(found, place)

    def _of_best(self, progress: Progress) -> list[tuple[Path, Path]]:
        """The files of the best epoch and where they belong; raises DiagnosticError E561 where they are of another."""
        if (named := progress.best_at) is None:
            return []
        pairs = ((self.best, self.best_before), (self.adapter, self.adapter_before))
        found = [(path, pair[0]) for pair in pairs if (path := self.of_epoch(named, *pair)) is not None]
        for path, _ in found:
            if (said := epoch_in(path)) not in (None, named):
                message = (
                    f"{path} is of epoch {said[0]}, and the best of the run in {self.checkpoint} is epoch {named[0]}"
                )
                init = f"`--init {shlex.quote(str(self.checkpoint))}`"
                help = f"take it from a copy, or start a new run from the weights of the last checkpoint, {init}"
                raise DiagnosticError(Diagnostic("E561", message, help=help))
        return found

    def read_weights(self, path: Path) -> dict[str, Array]:
        """The tensors of a file of the run; raises DiagnosticError E534 to E536, E553, with what is intact."""
        try:
            return read_tensors(path)[0]
        except DiagnosticError as error:
            raise with_intact(self, path, error) from error

    def write_test(self, part: str, examples: int, metrics: Mapping[str, Figure]) -> None:
        """Write test.json, of the best weights."""
        found = {"version": TEST_VERSION, "part": part, "examples": examples, "metrics": dict(metrics)}
        if (weights := self._measured()) is not None:
            found["weights"] = weights
        write_atomic(self.test_json, written(found))

    def read_test(self) -> Tested | None:
        """What test.json holds, or None without one of the best weights; raises DiagnosticError E534 to E536, E561.

        One that an older netc wrote does not say of which it is.
        """
        if not self.test_json.is_file():
            return None
        help = "remove it and measure again: `netc eval` with the run and `--part test`"
        found: Tested = self._read(self.test_json, Tested, TEST_VERSION, help)
        said, measured = found.get("weights"), self._measured()
        return None if said is not None and measured is not None and said != measured else found

    def _measured(self) -> str | None:
        """The checksum of the best weights, or None where they have none that can be read."""
        try:
            return read_metadata(self.weights()).get(CHECKSUM_KEY)
        except (DiagnosticError, OSError):
            return None


def _lines(history: Sequence[Record]) -> bytes:
    """A line for each record, with a checksum of its own: where an end is missing the others are whole."""
    return "".join(json.dumps(sealed(record)) + "\n" for record in history).encode()


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as lines of a CSV file."""
    text = io.StringIO()
    csv.DictWriter(text, columns, lineterminator="\n").writerows(rows)
    return encoded(text.getvalue())
