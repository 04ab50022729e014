"""The optional library of operators, `netc[fast]`, where it is installed and this processor can run it."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

INSTALL = "python -m pip install ./runtime/fast"
"""What builds it, in a checkout."""


@cache
def fast_library() -> str | None:
    """The file that a session is given; None where there is none for this machine."""
    package = _package()
    return str(package.path()) if package is not None and package.runs_here() else None


def why_no_library() -> str:
    """What is to be done where there is none, in a line."""
    if _package() is None:
        return f"not installed: `{INSTALL}` in a checkout"
    return f"built for another processor: `{INSTALL} --force-reinstall` in a checkout"


def _package() -> Any:
    try:
        return import_module("netc_fast")
    except ImportError:
        return None
