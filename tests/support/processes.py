"""The command `netc` in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OURS = ("NO_COLOR", "FORCE_COLOR", "NETC_DEBUG")


def command(*arguments: str) -> list[str]:
    """The words that start netc."""
    return [sys.executable, "-m", "netc", *arguments]


def surroundings(**variables: str) -> dict[str, str]:
    """This process's environment without what changes netc's output, and with these variables."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | variables


def on_terminal(*arguments: str, folder: Path, stdout: int | None = None, **variables: str) -> tuple[int, str]:
    """Exit code of netc on a terminal and what it wrote there; `stdout` may lead elsewhere. Skips on Windows."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    env = surroundings(**{"TERM": "xterm", **variables})
    process = subprocess.Popen(
        command(*arguments), cwd=folder, env=env, stdout=theirs if stdout is None else stdout, stderr=theirs
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # Linux says so when the other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return process.wait(), written.decode()
