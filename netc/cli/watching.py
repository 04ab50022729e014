"""`--watch`: a command again and again, whenever one of its files changes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from netc.cli.terminal import say

PAUSE = 0.3
"""Seconds between two looks at the clock of the files."""

SETTINGS = ("netc.toml", "pyproject.toml")

State = dict[str, tuple[int, int]]


def watched(paths: Sequence[str], once: Callable[[], int]) -> int:
    """Run a command, and again after each change of the files, of the files that they use or of the settings above
    them. Ends by Ctrl-C."""
    for _ in changes(paths):
        if os.isatty(1):
            print("\x1b[2J\x1b[H", end="")
        once()
        say("waiting for a change; Ctrl-C ends")
    return 0


def changes(paths: Sequence[str], pause: Callable[[], None] = lambda: time.sleep(PAUSE)) -> Iterator[None]:
    """Once at the start, and once after each change."""
    from netc.compiler.lint.config import forget

    before: State | None = None
    while True:
        now = state(paths)
        if now != before:
            before = now
            forget()
            yield
            before = now
        pause()


def state(paths: Iterable[str]) -> State:
    """When each file was written and how large it is: files, those beside them that `use` may name, settings above."""
    from netc.compiler.lint import find_files

    files = set(find_files(paths))
    folders = {Path(file).resolve().parent for file in files} | {Path(path).resolve() for path in paths}
    files |= {str(other) for folder in folders if folder.is_dir() for other in folder.glob("*.net")}
    above = {parent for folder in folders for parent in (folder, *folder.parents)}
    files |= {str(folder / name) for folder in above for name in SETTINGS}
    found = {}
    for file in files:
        try:
            about = os.stat(file)
        except OSError:
            continue
        found[file] = (about.st_mtime_ns, about.st_size)
    return found
