"""The files of a folder, and those that nothing read, counted by their endings."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from netc.grammar.counted import counted

ARCHIVERS = frozenset({"__MACOSX", "__pycache__"})
"""Folders that programs leave beside the data; like those with a dot in front, they are hidden."""

SHOWN_ENDINGS = 6


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the data's, by its name."""
    return name.startswith(".") or name in ARCHIVERS


def files_below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted, without what is hidden at any depth; what links name again comes once.

    Raises OSError.
    """
    yield from _below(folder, set())


def _below(folder: Path, entered: set[tuple[int, int]]) -> Iterator[Path]:
    status = folder.stat()
    here = (status.st_dev, status.st_ino)
    if here in entered:
        return
    entered.add(here)
    with os.scandir(folder) as listing:
        entries = sorted((entry.name, entry.is_dir()) for entry in listing if not is_hidden(entry.name))
    for name, is_folder in entries:
        if is_folder:
            yield from _below(folder / name, entered)
        elif (folder / name).is_file():
            yield folder / name


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, sorted, without hidden ones. Raises OSError."""
    return sorted(path for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))


def unread(folder: Path, read: Collection[Path]) -> dict[str, int]:
    """How many files below a folder were not read, by ending, the most frequent first."""
    return by_ending(path for path in files_below(folder) if path not in read)


def by_ending(paths: Iterator[Path]) -> dict[str, int]:
    """How many files have each ending, the most frequent first; "no ending" where there is none."""
    found = Counter(path.suffix.lower() or "no ending" for path in paths)
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def skipped_text(endings: Mapping[str, int]) -> str:
    """ "12 files skipped: 10 .txt, 2 .mp4"."""
    total = sum(endings.values())
    shown = [f"{count:,} {ending}" for ending, count in list(endings.items())[:SHOWN_ENDINGS]]
    if (rest := list(endings.values())[SHOWN_ENDINGS:]) != []:
        shown.append(f"{sum(rest):,} of {counted(len(rest), 'other ending')}")
    return f"{counted(total, 'file')} skipped: {', '.join(shown)}"
