"""The files of a run folder: what a training leaves behind, and what it resumes from.

    digits.net          the net's text, and every file it uses
    run.json            what was asked for: net, settings, data, seed
    lock.json           what it was made with: versions, device, threads, and fingerprints of text, data and weights
    manifest.json       inputs and outputs of the training step
    metrics.jsonl       a record for each epoch;  results.csv: the same as a table
    best.safetensors    the weights of the best epoch
    adapter.safetensors what was trained beside weights that stayed, in the best epoch, where the section adapts some
    previous_best.safetensors, previous_adapter.safetensors  those of the best epoch before
    last.safetensors    the last checkpoint: parameters, optimizer state and, as metadata, the progress
    previous.safetensors  the checkpoint before
    test.json           with a part `test`: loss and metrics on it, measured once, with the best weights, whose
                        checksum it says
    sample.npz          a few examples to try `netc predict` on
    model.onnx          the network with its best weights, at the end
    diverged.json       where NaN or infinity ended the training: at which step, and what was said
    run.lock            while a training is at work here: its process
    profile.json        with `--profile`: where the time of a step goes;  profile.txt: the same as a table

Files are replaced in one go, so that a crash leaves the old one or the new one; the two with a line for each epoch grow
by it, and may end in a torn one after a crash, until `--resume` writes them anew of the checkpoint. run.json is written
last, after the first checkpoint: a folder that has it can go on, and one without it is a beginning that the next
training takes over. New best weights are written before the checkpoint that names their epoch; those before stay beside
them, and the ones that the checkpoint names are the best.
"""

from __future__ import annotations

from pathlib import Path

from netc.compiler import read_metadata
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.checkpoints import epoch_in, read_about


class RunFiles:
    """Where each file of a run is, whether it is there or not."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_json = path / "run.json"
        self.manifest_json = path / "manifest.json"
        self.lock_json = path / "lock.json"
        self.metrics = path / "metrics.jsonl"
        self.results = path / "results.csv"
        self.best = path / "best.safetensors"
        self.adapter = path / "adapter.safetensors"
        self.best_before = path / "previous_best.safetensors"
        self.adapter_before = path / "previous_adapter.safetensors"
        self.last = path / "last.safetensors"
        self.previous = path / "previous.safetensors"
        self.model = path / "model.onnx"
        self.sample = path / "sample.npz"
        self.curves = path / "curves.png"
        self.test_json = path / "test.json"
        self.diverged_json = path / "diverged.json"
        self.profile_json = path / "profile.json"
        self.profile_text = path / "profile.txt"

    @property
    def checkpoint(self) -> Path:
        """The last checkpoint that is there: a crash on a file system without links may have left the one before."""
        return self.last if self.last.exists() or not self.previous.exists() else self.previous

    def weights(self) -> Path:
        """The best weights that the checkpoint names, be they there or lost, or where it names none yet the last."""
        try:
            named = read_about(self.checkpoint, read_metadata(self.checkpoint))[1].best_at
        except (DiagnosticError, OSError):
            return self.best if self.best.exists() else self.checkpoint
        return self.checkpoint if named is None else self.of_epoch(named, self.best, self.best_before) or self.best

    @staticmethod
    def of_epoch(named: tuple[int, int], file: Path, before: Path) -> Path | None:
        """Which of two files of weights is of an epoch, or does not say of which; None where neither exists.

        Where both are of others it is the first.
        """
        said = {path: epoch_in(path) for path in (file, before) if path.exists()}
        fitting = [path for wanted in (named, None) for path in said if said[path] == wanted]
        return next(iter([*fitting, *said]), None)
