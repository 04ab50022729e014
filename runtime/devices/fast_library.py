"""The optional library of operators, `netc[fast]`, where it is installed and this processor can run it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any


@cache
def fast_library() -> str | None:
    """The file that a session is given; None where there is none for this machine."""
    try:
        package: Any = import_module("netc_fast")
    except ImportError:
        return None
    return str(package.path()) if package.runs_here() else None
