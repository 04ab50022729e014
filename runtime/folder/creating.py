"""New run folders: the one that was asked for, or the next of `runs/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.shell import shell_word
from netc.runtime.folder import door
from netc.runtime.folder.beginning import is_beginning
from netc.runtime.folder.files import OUT, cannot_write
from netc.runtime.folder.lock import FolderLock, is_at_work
from netc.runtime.folder.run_folder import RunFolder

RUNS = Path("runs")
"""Where runs are that are given no folder."""

OTHER_BEGINNING = "a training of another text was ended there before it began"


def create_folder(path: Path | None, name: str, texts: Mapping[str, str], go_on: str | None = None) -> RunFolder:
    """A new folder: `path`, or `runs/NAME`, `runs/NAME-2`, … Raises DiagnosticError E562, E563, E569.

    texts  that the training will write there, by their names
    go_on  how to go on with a run that is in the folder, where that isn't by the command's option

    A folder in which a training of the same texts was killed before it began is as good as a new one.
    """
    try:
        return _next_of_runs(name, texts) if path is None else _create(path, texts, go_on)
    except OSError as error:
        raise cannot_write(path or RUNS, error, OUT.get()) from error


def _create(path: Path, texts: Mapping[str, str], go_on: str | None) -> RunFolder:
    folder = RunFolder(path, made=not path.exists())
    door.make_folder(path)
    if not any(path.iterdir()) or is_beginning(folder, texts):
        return folder
    if is_at_work(path):
        raise FolderLock(path).refused()
    help = "use another folder, or remove what is in it"
    if folder.run_json.exists():
        go_on = go_on or f"`--resume {shell_word(path)}`"
        help = f"use another folder, or {go_on} to go on with the run in it"
    notes = (OTHER_BEGINNING,) if is_beginning(folder) else ()
    raise DiagnosticError(Diagnostic("E563", f"{path} is not empty", notes=notes, help=help))


def _next_of_runs(name: str, texts: Mapping[str, str]) -> RunFolder:
    door.make_folder(RUNS)
    number = 1
    while True:
        path = RUNS / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir()
            return RunFolder(path, made=True)
        except FileExistsError:
            folder = RunFolder(path)
        if is_beginning(folder, texts) and not is_at_work(path):
            return folder
        number += 1
