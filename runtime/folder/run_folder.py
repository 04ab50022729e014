"""Run folders: opened, read and written. Files are replaced in one go: a crash leaves the old one or the new one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from netc.compiler import MANIFEST_VERSION, RUN_VERSION, ManifestForm, as_safetensors, read_metadata
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import read_document, written
from netc.grammar.shell import shell_word
from netc.runtime.folder.beginning import clear, is_beginning
from netc.runtime.folder.best_weights import BestWeights
from netc.runtime.folder.checkpoints import About, metadata_of, read_about, read_checkpoint, request_in
from netc.runtime.folder.epoch_records import EpochRecords
from netc.runtime.folder.files import make_folder, write_atomic, write_kept, write_pieces
from netc.runtime.folder.intact import read_weights, with_intact
from netc.runtime.folder.lock import FolderLock
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.folder.temporary import sweep
from netc.runtime.sessions.resident import Array

Form = TypeVar("Form")

DIVERGED_VERSION = 1


class RunFolder(RunFiles):
    """A folder of one training."""

    def __init__(self, path: Path, made: bool = False) -> None:
        super().__init__(path)
        self.lock = FolderLock(path)
        self.epochs = EpochRecords(self.metrics, self.results)
        self.best_weights = BestWeights(self)
        self.fresh = False
        self.made = made
        """Whether the folder was not there before."""
        self.saved: int | None = None
        """The step of the last checkpoint."""
        self.request: Mapping[str, Any] | None = None
        """What run.json says, or will say, as it was written here: checkpoints say it too."""

    @staticmethod
    def open(path: Path) -> RunFolder:
        """An existing run; raises DiagnosticError E560."""
        folder = RunFolder(path)
        if not folder.run_json.is_file():
            reason = "it has no run.json" if path.is_dir() else "there is no such folder"
            if path.is_file():
                reason = "it is a file"
            help = "give a folder that `netc train` made, such as `runs/NAME`"
            if is_beginning(folder):
                reason = "a training ended there before it began"
                help = f"begin anew: `netc train FILE --out {shell_word(path)}` with the same text takes it over"
            elif folder.is_restorable():
                help = f"its last checkpoint says what was in it: {folder._anew}"
            raise DiagnosticError(Diagnostic("E560", f"{path} is not a run: {reason}", help=help))
        return folder

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
            name, quoted = self.checkpoint.name, shell_word(self.run_json)
            found = self._read(self.run_json, form, RUN_VERSION, f"{name} is intact: remove {quoted}, and {self._anew}")
        return found

    @property
    def _anew(self) -> str:
        return f"`netc train --resume {shell_word(self.path)}` writes it anew"

    def is_restorable(self) -> bool:
        """Whether run.json is gone, and the checkpoint of the training that went on with it says the same."""
        return not self.run_json.exists() and not is_beginning(self) and request_in(self.checkpoint) is not None

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

        What was wrong with a line of metrics.jsonl, which is written anew then, or None. Nothing is removed where the
        best weights are missing, E561.
        """
        self.best_weights.found(progress)
        wrong = None
        try:
            self.epochs.read()
        except DiagnosticError as error:
            wrong = f"{error.diagnostics[0].message}; it is written anew, of {self.checkpoint.name}"
        for path in (self.model, self.test_json, self.curves, self.diverged_json):
            path.unlink(missing_ok=True)
        self.best_weights.restore(progress)
        self.epochs.write(progress.history)
        return wrong

    def note_diverged(self, step: int, reason: str) -> None:
        """Keep that the training ended by a divergence; a disk that is full as well says nothing of it."""
        with contextlib.suppress(DiagnosticError):
            write_atomic(self.diverged_json, written({"version": DIVERGED_VERSION, "step": step, "reason": reason}))

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

    def read_weights(self, path: Path) -> dict[str, Array]:
        """The tensors of a file of the run; raises DiagnosticError E534 to E536, E553, with what is intact."""
        return read_weights(self, path)
