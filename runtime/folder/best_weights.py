"""The weights of a run's best epoch, and of the best one before: what the checkpoint names is always there.

New ones are written before the checkpoint that names their epoch, and a crash may come between the two.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc.compiler import as_safetensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.checkpoints import card_metadata, epoch_in, epoch_metadata
from netc.runtime.folder.files import move, write_kept
from netc.runtime.folder.intact import read_weights
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.sessions.resident import Array


class BestWeights:
    """best.safetensors and adapter.safetensors of a run, each with the one before."""

    def __init__(self, run: RunFiles) -> None:
        self._run = run
        self._pairs = ((run.best, run.best_before), (run.adapter, run.adapter_before))

    def save(self, weights: Mapping[str, Array], epoch: int, step: int, card: Mapping[str, Any] | None = None) -> None:
        """Replace best.safetensors by the weights of an epoch; the card says what the data meant."""
        said = card_metadata(card) | epoch_metadata(epoch, step)
        write_kept(self._run.best, as_safetensors(weights, said), self._run.best_before)

    def save_adapter(self, tensors: Mapping[str, Array], metadata: dict[str, str], epoch: int, step: int) -> None:
        """Replace adapter.safetensors, in the same way."""
        said = metadata | epoch_metadata(epoch, step)
        write_kept(self._run.adapter, as_safetensors(tensors, said), self._run.adapter_before)

    def check(self, progress: Progress) -> None:
        """Raise DiagnosticError where the weights of the best epoch cannot be read, E561 where they are of another one.

        A training that goes on has to have them at its end, unless it comes to better ones.
        """
        for found, _ in self._found(progress):
            read_weights(self._run, found)

    def restore(self, progress: Progress) -> None:
        """Let best.safetensors, and an adapter, be of the epoch that the progress names; raises as `check`."""
        if progress.best is None:
            for path in (path for pair in self._pairs for path in pair):
                path.unlink(missing_ok=True)
        for found, place in self._found(progress):
            if found != place:
                move(found, place)

    def _found(self, progress: Progress) -> list[tuple[Path, Path]]:
        """The files of the best epoch and where they belong; raises DiagnosticError E561 where they are of another."""
        if (named := progress.best_at) is None:
            return []
        run = self._run
        found = [(path, pair[0]) for pair in self._pairs if (path := run.of_epoch(named, *pair)) is not None]
        for path, _ in found:
            if (said := epoch_in(path)) not in (None, named):
                best = f"the best of the run in {run.checkpoint} is epoch {named[0]}"
                init = f"`--init {shlex.quote(str(run.checkpoint))}`"
                help = f"take it from a copy, or start a new run from the weights of the last checkpoint, {init}"
                raise DiagnosticError(Diagnostic("E561", f"{path} is of epoch {said[0]}, and {best}", help=help))
        return found
