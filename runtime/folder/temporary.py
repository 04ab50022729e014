"""Files that are being written, beside those that they will replace.

A writer holds a lock of the operating system on its file, so that one without a lock belongs to a process that died,
and is removed by the next who writes there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from netc.grammar.replacing import TEMPORARY, temporary_prefix
from netc.runtime.folder import door
from netc.runtime.folder.system_locks import lock


@contextmanager
def temporary(path: Path) -> Iterator[tuple[int, str]]:
    """A new locked file beside a path, its handle and its name; it is gone after the block unless it was renamed."""
    handle, name = _claimed(path)
    try:
        yield handle, name
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
        with contextlib.suppress(OSError):
            os.unlink(name)


def _claimed(path: Path) -> tuple[int, str]:
    while True:
        handle, name = door.create(path.parent, temporary_prefix(path))
        if os.name == "nt":
            return handle, name
        with contextlib.suppress(OSError):  # a file system without locks: nobody takes the file for left over either
            lock(handle)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle), os.stat(name)):
                return handle, name
        os.close(handle)  # who swept here found it before it was locked


def sweep(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove what dead writers left in a folder, of files of these names or of all."""
    if os.name == "nt":  # a file cannot be renamed there while it is open, and so not be locked until then
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            found = TEMPORARY.fullmatch(entry.name)
            if found and (names is None or found["name"] in names) and entry.is_file(follow_symlinks=False):
                _remove_abandoned(entry.path)


def _remove_abandoned(path: str) -> None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):  # somebody writes it, or the file system has no locks
            lock(handle)
            os.unlink(path)
    finally:
        os.close(handle)
