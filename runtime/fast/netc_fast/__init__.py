"""A library of operators for ONNX Runtime: `path()` is what a session is given."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path


def path() -> Path:
    """The library's file."""
    return next(file for file in Path(__file__).parent.glob("netc_fast.*") if file.suffix in (".so", ".dylib", ".dll"))


@cache
def runs_here() -> bool:
    """Whether this processor has the instructions that the library was built with."""
    try:
        return bool(ctypes.CDLL(str(path())).netc_fast_runs_here())
    except (OSError, StopIteration):
        return False
