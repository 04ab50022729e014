"""Running netc as a user does, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
        surroundings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "NETC_DEBUG", "FORCE_COLOR")}
        return subprocess.run(
            [sys.executable, "-c", "from netc.cli import main; main()", *arguments],
            cwd=tmp_path, env={**surroundings, **(env or {})}, capture_output=True, text=True,
            encoding="utf-8", timeout=120,
        )  # fmt: skip

    return run
