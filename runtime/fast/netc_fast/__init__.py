"""A library of operators for ONNX Runtime: `path()` is what a session is given."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path

SUFFIXES = (".so", ".dylib", ".dll")


@cache
def path() -> Path | None:
    """The library's file: of those built for several levels of x86-64 the highest that runs here, None if none does."""
    files = sorted(Path(__file__).parent.glob("netc_fast*"), reverse=True)
    return next((file for file in files if file.suffix in SUFFIXES and _runs(file)), None)


def runs_here() -> bool:
    """Whether this processor has the instructions that the library was built with."""
    return path() is not None


def _runs(file: Path) -> bool:
    try:
        return bool(ctypes.CDLL(str(file)).netc_fast_runs_here())
    except OSError:
        return False
