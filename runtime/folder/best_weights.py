"""The weights of a run's best epoch, and of the best one before: what the checkpoint names is always there.

New ones are written before the checkpoint that names their epoch, and a crash may come between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from netc.compiler import Net, as_safetensors, fit
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.grammar.shell import shell_word
from netc.runtime.folder.checkpoints import card_metadata, epoch_in, epoch_metadata
from netc.runtime.folder.files import move, write_atomic, write_kept
from netc.runtime.folder.intact import read_weights, with_intact
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.sessions.resident import Array

Adapter = tuple[Mapping[str, Array], Mapping[str, str]]
"""The tensors of an adapter, and its metadata."""


class BestWeights:
    """best.safetensors and adapter.safetensors of a run, each with the one before."""

    def __init__(self, run: RunFiles) -> None:
        self._run = run
        self._pairs = ((run.best, run.best_before), (run.adapter, run.adapter_before))

    def save(
        self,
        weights: Mapping[str, Array],
        at: tuple[int, int],
        card: Mapping[str, Any] | None = None,
        adapter: Adapter | None = None,
    ) -> None:
        """Replace the files by the weights of an epoch, and what was trained beside them.

        at    the epoch, and the step after which it ended;  card: what the data meant
        """
        run, epoch = self._run, epoch_metadata(*at)
        write_kept(run.best, as_safetensors(weights, card_metadata(card) | epoch), run.best_before)
        if adapter is not None:
            tensors, metadata = adapter
            write_kept(run.adapter, as_safetensors(tensors, {**metadata, **epoch}), run.adapter_before)

    def take(self, other: RunFiles, progress: Progress) -> None:
        """Copy them of another run, of the epoch that the progress names; raises as `check`."""
        for found, place in BestWeights(other).found(progress):
            read_weights(other, found)
            write_atomic(self._run.path / place.name, read_file(found))

    def check(self, progress: Progress, net: Net) -> None:
        """Raise DiagnosticError where the weights of the best epoch cannot be read, E561 where there are none of it.

        A training that goes on has to have them at its end, unless it comes to better ones: E550 to E552 and E568 where
        they are not of its net. They may lack what only training has, as those of a model for use do.
        """
        for found, place in self.found(progress):
            weights = read_weights(self._run, found)
            left = net.for_training - weights.keys()
            parameters = {item.name: item.value for item in net.parameters if item.name not in left}
            if place == self._run.best:
                try:
                    fit(weights, parameters, net, file=str(found), exact=True)
                except DiagnosticError as error:
                    raise with_intact(self._run, self._run.best, error) from error

    def restore(self, progress: Progress) -> None:
        """Let best.safetensors, and an adapter, be of the epoch that the progress names; raises as `check`."""
        if progress.best is None:
            for path in (path for pair in self._pairs for path in pair):
                path.unlink(missing_ok=True)
        for found, place in self.found(progress):
            if found != place:
                move(found, place)

    def found(self, progress: Progress) -> list[tuple[Path, Path]]:
        """The files of the best epoch and where they belong; raises DiagnosticError E561 where there are none of it."""
        if (named := progress.best_at) is None:
            return []
        run = self._run
        if not run.best.exists() and not run.best_before.exists():
            raise self._without(f"{run.path} has no {run.best.name}", progress)
        found = [(path, pair[0]) for pair in self._pairs if (path := run.of_epoch(named, *pair)) is not None]
        for path, _ in found:
            if (said := epoch_in(path)) not in (None, named):
                raise self._without(f"{path} is of epoch {said[0]}", progress)
        return found

    def _without(self, reason: str, progress: Progress) -> DiagnosticError:
        """E561, with the way out by a file that is intact."""
        assert progress.best is not None
        last = self._run.checkpoint
        help = "take it from a copy, or begin anew with another trainer"
        if last.exists():
            init = f"`--init {shell_word(last)}`"
            help = f"take it from a copy, or start a new run from the weights of the last checkpoint, {init}"
        message = f"{reason}, and the best of the run in {last} is epoch {progress.best['epoch']}"
        return with_intact(self._run, self._run.best, DiagnosticError(Diagnostic("E561", message, help=help)))
