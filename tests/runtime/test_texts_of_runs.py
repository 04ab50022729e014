"""The texts of a run stay as they are, whatever walks over the folder that it is in: it goes on with no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import TINY, Run
from .test_run import TRAIN

UGLY = TINY.replace("  conv", "  expect params <= 9k\n      conv") + "\nblock spare(n) { dense(n, bias=true) }\n"


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    "command", [("fmt",), ("fmt", "--check"), ("lint", "--fix", "--unsafe-fixes"), ("budget", "--update")]
)
def test_no_command_writes_them(run: Run, folder: Path, command: tuple[str, ...]) -> None:
    (folder / "tiny.net").write_text(UGLY, "utf-8")
    assert run(*TRAIN, "--epochs", "1", "--out", "mine").returncode == 0
    (folder / "tiny.net").unlink()
    text = folder / "mine/tiny.net"
    run(*command, ".")
    assert text.read_text("utf-8") == UGLY
    for named in ("mine/tiny.net", "mine"):
        done = run(*command, named)
        assert text.read_text("utf-8") == UGLY
        assert f"note: {Path('mine/tiny.net')} is left as it is: the run in mine was trained with it" in done.stderr
    assert run("train", "--resume", "mine", "--epochs", "2").returncode == 0
