"""Running netc as a user does, in a process of its own: one with its imports done, where the surroundings are ours."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from processes import command, surroundings
from warm import netc_in

Netc = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def netc(tmp_path: Path) -> Netc:
    """`netc("check", "a.net", files={"a.net": "…"})` in an empty folder; `env` adds variables."""

    def run(
        *arguments: str, files: dict[str, str | bytes] | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        for name, text in (files or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        if env is None:
            return netc_in(tmp_path, *arguments)
        return subprocess.run(
            command(*arguments),
            cwd=tmp_path, env=surroundings(**env), capture_output=True, text=True,
            encoding="utf-8", timeout=120,
        )  # fmt: skip

    return run
