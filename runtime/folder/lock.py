"""One training at a time in a run folder: a lock of the operating system on a file in it.

The system gives the lock up when its process ends, however it ends, so a file that a dead process left behind is simply
locked anew: no process id has to be looked up, and none can be mistaken. The file names the process for whoever is
refused.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import opened
from netc.grammar.opening import read_text_file
from netc.grammar.schema import Count
from netc.grammar.shell import shell_word
from netc.runtime.folder.files import cannot_write
from netc.runtime.folder.system_locks import HELD, WITHOUT_LOCKS, lock as _lock, unlock as _unlock

NAME = "run.lock"
FOLLOW_NOTHING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
"""A pipe is not waited for, and the file that a link leads to is not written."""


class Holder(TypedDict):
    """What the file says of the process that holds the lock."""

    pid: Count
    host: str


class FolderLock:
    """The lock of a folder, for the object that holds it; another object is refused, in this process too."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self._handle: int | None = None

    @contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the lock; within it, holding it again does nothing. Gives whether the file system has locks.

        Raises DiagnosticError E569 where a training is at work in the folder, E562 where it cannot be written.
        """
        if self._handle is not None:
            yield True
            return
        self._handle = self._taken()
        try:
            yield self._handle is not None
        finally:
            self._give_back()

    def _taken(self) -> int | None:
        while True:
            try:
                handle = _opened(self.path, os.O_RDWR | os.O_CREAT)
            except OSError as error:
                way_out = f"remove {shell_word(self.path)}" if error.errno == errno.EINVAL else None
                raise cannot_write(self.path, error, way_out) from error
            try:
                _lock(handle)
            except OSError as error:
                os.close(handle)
                if error.errno in WITHOUT_LOCKS:
                    self.path.unlink(missing_ok=True)
                    return None
                if error.errno in HELD:
                    raise self.refused() from error
                raise cannot_write(self.path, error) from error
            if self._is_ours(handle):
                self._sign(handle)
                return handle
            os.close(handle)  # whoever had it took the file away in between

    def _is_ours(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.path.stat())
        except FileNotFoundError:
            return False

    def _sign(self, handle: int) -> None:
        about = json.dumps({"pid": os.getpid(), "host": platform.node()}).encode()
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name
            os.ftruncate(handle, 0)
            os.write(handle, about)

    def _give_back(self) -> None:
        if self._handle is None:
            return
        handle, self._handle = self._handle, None
        if sys.platform == "win32":  # an open file cannot be removed there, by this process or another
            _unlock(handle)
            os.close(handle)
            with contextlib.suppress(OSError):
                self.path.unlink()
        else:  # first the file: whoever has just opened it looks whether it is still there
            with contextlib.suppress(OSError):
                self.path.unlink()
            os.close(handle)

    def refused(self) -> DiagnosticError:
        """E569: another training has the lock."""
        holder = _holder(self.path)
        message = f"a training is at work in {self.folder}{f': {holder}' if holder else ''}"
        help = "wait for its end, or end it with Ctrl-C or SIGTERM; then `--resume` goes on where it stopped"
        return DiagnosticError(Diagnostic("E569", message, help=help))


def is_at_work(folder: Path) -> bool:
    """Whether a training is at work in a folder: the lock is asked for, and given back at once."""
    try:
        handle = _opened(folder / NAME, os.O_RDONLY)
    except OSError:
        return False
    try:
        _lock(handle)
        _unlock(handle)
    except OSError as error:
        return error.errno in HELD
    finally:
        os.close(handle)
    return False


def _opened(path: Path, how: int) -> int:
    """The handle of a regular file; raises OSError, EINVAL for a pipe, a device or a link to somebody else's file."""
    no_lock = OSError(errno.EINVAL, "it is no regular file, and so no lock")
    try:
        handle = os.open(path, how | FOLLOW_NOTHING, 0o666)
    except OSError as error:
        raise no_lock if path.is_symlink() else error from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise no_lock
    return handle


def is_lock(path: Path) -> bool:
    """Whether a file is a lock of a training's: it names a process, or is empty, as where one died before it did."""
    try:
        return not path.is_symlink() and (not read_text_file(path) or _said(path) is not None)
    except (OSError, ValueError, DiagnosticError):
        return False


def _holder(path: Path) -> str | None:
    about = _said(path)
    if about is None:
        return None
    who = f"process {about['pid']}"
    return who if about["host"] == platform.node() else f"{who} on {about['host']}"


def _said(path: Path) -> Holder | None:
    """What a lock says, or None for a file that is none."""
    try:
        found: Holder = opened(read_text_file(path), Holder)
    except (OSError, ValueError, DiagnosticError):
        return None
    return found
