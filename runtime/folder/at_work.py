"""Whether a training is at work in a run folder: whether somebody holds the lock of the file run.lock in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

LOCK = "run.lock"


def is_at_work(folder: Path) -> bool:
    """Ask the system for the lock and give it back at once: what a process that died left behind is no training."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _can_lock(handle)
    finally:
        os.close(handle)


def _can_lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            os.lseek(handle, 1 << 20, os.SEEK_SET)  # a place behind the content, which stays readable
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
