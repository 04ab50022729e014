"""Which files the paths of a command line stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

SKIPPED = frozenset(("build", "dist", "node_modules", "runs", "site-packages", "venv", "__pycache__", "__pypackages__"))


def find_files(paths: Iterable[str | Path]) -> list[str]:
    """Each file once: a folder stands for the `.net` files in it, whatever their depth."""
    found: dict[str, None] = {}
    for path in map(Path, paths):
        found.update(dict.fromkeys(net_files(path) if path.is_dir() else [str(path)]))
    return list(found)


def net_files(folder: Path) -> list[str]:
    """The `.net` files of a folder and the folders in it. Hidden ones are left out, as are folders that a tool made:
    virtual environments, what was built or installed, runs.
    """
    found = []
    for inside, folders, names in os.walk(folder):
        here = Path(inside)
        folders[:] = [name for name in folders if not _is_skipped(here / name)]
        found += [here / name for name in names if name.endswith(".net") and not name.startswith(".")]
    return [str(path) for path in sorted(found)]


def _is_skipped(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name in SKIPPED or (folder / "pyvenv.cfg").is_file()
