"""The folder that a text's `use` may reach: its project, unless the user allows all others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from netc.grammar.opening import resolved

MARKS = ("pyproject.toml", "netc.toml", ".git", "run.json")
"""What lies in the root of a project, or of a run, which keeps every text that its net uses."""

_outside: ContextVar[bool] = ContextVar("outside", default=False)


def root_of(file: str | os.PathLike[str]) -> Path:
    """The nearest folder upward from a file that has one of MARKS in it, else the file's own folder; links followed."""
    folder = resolved(file).parent
    for above in (folder, *folder.parents):
        if any(os.path.exists(above / mark) for mark in MARKS):
            return above
    return folder


def may_use(file: Path, root: Path) -> bool:
    """Whether a file, its links followed, lies in a project, or the user allows any."""
    return _outside.get() or file.is_relative_to(root)


def allow_outside(allowed: bool) -> None:
    """Decide for the rest of this command whether `use` may reach files outside of the project."""
    _outside.set(allowed)


@contextmanager
def outside_allowed(allowed: bool = True) -> Iterator[None]:
    """`allow_outside` for a while."""
    token = _outside.set(allowed)
    try:
        yield
    finally:
        _outside.reset(token)
