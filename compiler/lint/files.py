"""Which files the paths of a command line stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from netc.compiler.lint.evidence import RUN
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import checked, parsed
from netc.grammar.opening import read_text_file, resolved

CHECKPOINT = "last.safetensors"

SKIPPED = frozenset(("build", "dist", "node_modules", "runs", "site-packages", "venv", "__pycache__", "__pypackages__"))


def find_files(paths: Iterable[str | Path]) -> list[str]:
    """Each file once: a folder stands for the `.net` files in it, whatever their depth."""
    found: dict[str, None] = {}
    for path in map(Path, paths):
        found.update(dict.fromkeys(net_files(path) if path.is_dir() else [str(path)]))
    return list(found)


def net_files(folder: Path) -> list[str]:
    """The `.net` files of a folder and the folders in it. Hidden ones are left out, as are folders that a tool made:
    virtual environments, what was built or installed, runs, whose texts are to stay as they were trained.
    """
    found = []
    for inside, folders, names in os.walk(folder):
        here = Path(inside)
        folders[:] = [name for name in folders if not _is_skipped(here / name)]
        found += [here / name for name in names if name.endswith(".net") and not name.startswith(".")]
    return [str(path) for path in sorted(found)]


def _is_skipped(folder: Path) -> bool:
    if folder.name.startswith(".") or folder.name in SKIPPED:
        return True
    return (folder / "pyvenv.cfg").is_file() or is_run(folder)


def is_run(folder: Path) -> bool:
    """Whether a training left the folder, be it that its run.json was lost."""
    return (folder / RUN).is_file() or (folder / CHECKPOINT).is_file()


def run_of(file: str | Path) -> Path | None:
    """The run folder that holds a file as one of its texts: written anew, the run could not go on (E561)."""
    path = resolved(file)
    for folder in path.parents:
        if is_run(folder) and _is_text(path.relative_to(folder).as_posix(), folder / RUN):
            return folder
    return None


def _is_text(name: str, run_json: Path) -> bool:
    """Whether a file is a text of a run; it may be one where run.json is lost or damaged, and none of another tool."""
    try:
        found = parsed(read_text_file(run_json))
        return isinstance(found, dict) and name in (checked(found).get("texts") or ())
    except (OSError, ValueError, DiagnosticError):
        return True
