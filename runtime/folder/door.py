"""The one door by which files are written: each operation of the file system that can fail, with nothing around it.

Tests let any of them fail, or end the process there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from io import RawIOBase
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


def pour(file: RawIOBase, piece: bytes | memoryview) -> None:
    """Write bytes without a buffer, of which the system may take a part at a time."""
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) or 0 :]


def sync(file: BinaryIO) -> None:
    """Let what was written be on the disk."""
    file.flush()
    os.fsync(file.fileno())


def append(path: Path, content: bytes) -> None:
    """Add bytes to a file, and let them be on the disk; where that fails the file is as it was."""
    with open(path, "ab", buffering=0) as file:  # a buffer would be written again when the file is closed
        before = os.fstat(file.fileno()).st_size
        try:
            pour(file, content)
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
