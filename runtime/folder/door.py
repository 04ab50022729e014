"""The one door by which files are written: each operation of the file system that can fail, with nothing around it.

Tests let any of them fail, or end the process there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

OPERATIONS = ("create", "write", "sync", "replace", "link", "sync_folder", "make_folder", "append")
"""Their names, the first in the order in which one file takes them."""


def create(folder: Path, prefix: str) -> tuple[int, str]:
    """A new file whose name begins so: its handle and its path."""
    return tempfile.mkstemp(prefix=prefix, dir=folder)


def write(file: BinaryIO, piece: bytes | memoryview) -> None:
    """Write bytes."""
    file.write(piece)


def sync(file: BinaryIO) -> None:
    """Let what was written be on the disk."""
    file.flush()
    os.fsync(file.fileno())


def append(path: Path, content: bytes) -> None:
    """Add bytes to a file, and let them be on the disk; where that fails the file is as it was."""
    with open(path, "ab") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), before)
            raise


def replace(file: str | Path, path: Path) -> None:
    """Let a file take the place of another, in one go."""
    os.replace(file, path)


def link(file: Path, path: str | Path) -> None:
    """Give a file a second name."""
    os.link(file, path)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder be on the disk, where its file system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it."""
    path.mkdir(parents=True, exist_ok=True)
