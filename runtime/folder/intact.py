"""The way out where a file of a run is damaged: by one that is intact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from netc.compiler import read_tensors
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import DAMAGED
from netc.grammar.shell import shell_word
from netc.runtime.folder.checkpoints import step_of
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.sessions.resident import Array

Found = TypeVar("Found")

OFFERED = (DAMAGED, "E550", "E551", "E552", "E553", "E561", "E565", "E568")
"""What may be wrong with a file that another stands in for: it is damaged, gone, or of another network."""


def with_intact(run: RunFiles, file: Path, error: DiagnosticError) -> DiagnosticError:
    """What is wrong with a file of the run, with the way out by one that is intact, where there is one."""
    first = error.diagnostics[0]
    if first.code == DAMAGED and file == run.model:
        message = first.message.replace(str(run.path), str(file), 1) if str(file) not in first.message else None
        first = replace(first, message=message or first.message)
    found = _way_out(run, file) if first.code in OFFERED else None
    return DiagnosticError([first if found is None else replace(first, help=found), *error.diagnostics[1:]])


def read_weights(run: RunFiles, path: Path) -> dict[str, Array]:
    """The tensors of a file of the run; raises DiagnosticError E534 to E536, E553, with what is intact."""
    try:
        return read_tensors(path)[0]
    except DiagnosticError as error:
        raise with_intact(run, path, error) from error


def of_run(path: Path, read: Callable[[Path], Found]) -> Found:
    """What a reader makes of a file, which may be one of a run: then its errors say what is intact beside it."""
    try:
        return read(path)
    except DiagnosticError as error:
        raise with_intact(RunFiles(path.parent), path, error) from error


def _way_out(run: RunFiles, file: Path) -> str | None:
    quoted = shell_word(file)
    if file == run.last and (step := step_of(run.previous)) is not None:
        return f"{run.previous.name} is intact: remove {quoted}, and `--resume` goes on after step {step}"
    if file == run.model and _reads(run.best):
        return f"{run.best.name} is intact: remove {quoted}, and the network is made of that"
    if file == run.best and _reads(run.model):
        text = next((path for path in sorted(run.path.glob("*.net"))), run.path)
        command = f"netc weights {shell_word(run.model)} {shell_word(text)} -o {quoted}"
        return f"{run.model.name} is intact and has the same weights: `{command}`"
    if file in (run.best, run.best_before, run.adapter, run.adapter_before) and _reads(run.checkpoint):
        init = f"`--init {shell_word(run.checkpoint)}`"
        return f"the last checkpoint is intact: start a new run from its weights, {init}"
    return None


def _reads(path: Path) -> bool:
    """Whether a file's weights can be read."""
    try:
        return path.exists() and bool(read_tensors(path)[0])
    except DiagnosticError:
        return False
