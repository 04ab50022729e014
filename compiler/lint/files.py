"""Which files the paths of a command line stand for."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from netc.compiler.lint.evidence import RUN
from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.documents import checked, parsed
from netc.grammar.opening import is_file, read_text_file, resolved

CHECKPOINT, MANIFEST = "last.safetensors", "manifest.json"

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
    return is_file(folder / "pyvenv.cfg") or _texts(folder) is not None


def run_of(file: str | Path) -> Path | None:
    """The run folder that holds a file as one of its texts: written anew, the run could not go on (E561)."""
    path = resolved(file)
    for folder in path.parents:
        texts = _texts(folder)
        if texts is not None and (not texts or path.relative_to(folder).as_posix() in texts):
            return folder
    return None


def _texts(folder: Path) -> Collection[str] | None:
    """The texts of the run that a training left in a folder, or None where none left it.

    They are empty where run.json is lost or damaged: then any text may be one. Other tools have files of these names
    too, so that a checkpoint, or a run.json that cannot be read, is a run's only beside a manifest.
    """
    if is_file(folder / RUN):
        try:
            found = parsed(read_text_file(folder / RUN))
            texts = checked(found).get("texts") if isinstance(found, dict) else None
            return texts if isinstance(texts, dict) and texts else None
        except (OSError, ValueError, DiagnosticError):
            pass
    elif not is_file(folder / CHECKPOINT):
        return None
    return () if is_file(folder / MANIFEST) else None
