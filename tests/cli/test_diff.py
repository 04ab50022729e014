"""`netc diff` as a command: what it takes, how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Netc = Callable[..., subprocess.CompletedProcess[str]]
ONE = "net A(width = 8) {\n  input x: 3x8x8\n  conv(width, 3x3)\n  flatten\n  dense(4)\n}\n"
TWO = "net A(width = 8) {\n  input x: 3x8x8\n  conv(width, 3x3, bias=false)\n  batchnorm\n  flatten\n  dense(4)\n}\n"


def test_same_and_different(netc: Netc) -> None:
    files = {"a.net": ONE, "b.net": TWO, "both.net": ONE + TWO.replace("net A", "net B")}
    assert netc("diff", "a.net", "a.net", files=files).returncode == 0
    done = netc("diff", "a.net", "b.net")
    assert done.returncode == 1
    assert "1,380 - 8 + 16 = 1,388" in done.stdout
    assert netc("diff", "a.net", "both.net:A").returncode == 0
    assert netc("diff", "a.net", "both.net:B").stdout.splitlines()[2:] == done.stdout.splitlines()[2:]
    sized = netc("diff", "a.net", "a.net", "--set-after", "width=16", "--format", "json")
    found = json.loads(sized.stdout)
    assert found["totals"]["params"] == [1380, 2756]
    assert sum(layer["params"] for layer in found["layers"]) == 2756 - 1380
    assert netc("diff", "a.net", "nowhere.net").returncode == 3


def test_models(netc: Netc) -> None:
    assert netc("compile", "a.net", "-o", "a.onnx", files={"a.net": ONE}).returncode == 0
    assert netc("diff", "a.net", "a.onnx").returncode == 0


def test_weights(netc: Netc) -> None:
    netc(
        "compile",
        "a.net",
        "-o",
        "a.onnx",
        "--train",
        files={"a.net": ONE.replace("dense", "out = dense") + "train A { loss = mse(out, y) }\n", "b.net": TWO},
    )
    done = netc("diff", "a.net", "b.net", "--weights", "a.safetensors")
    assert "weights that still fit: 3 tensors, 2 under another name\n" in done.stdout
    assert "  - conv1.bias: nothing takes it\n  + batchnorm1.weight: starts afresh\n" in done.stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_revisions(netc: Netc, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    (tmp_path / "nets").mkdir()
    (tmp_path / "parts.net").write_text("block head() { flatten -> dense(4) }\n", "utf-8")
    text = 'use "../parts.net" (head)\nnet A { input x: 8x4x4; conv(4, 3x3); head() }\n'
    (tmp_path / "nets" / "a.net").write_text(text, "utf-8")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (tmp_path / "parts.net").write_text("block head() { flatten -> dense(5) }\n", "utf-8")
    done = netc("diff", "HEAD:nets/a.net", "nets/a.net")
    assert done.returncode == 1, done.stderr
    assert "features 4 → 5" in done.stdout
    assert done.stdout.startswith("A: HEAD:nets/a.net → nets/a.net\n")
    assert netc("diff", "HEAD:nets/a.net:A", "HEAD:nets/a.net").returncode == 0
    missing = netc("diff", "HEAD:nets/b.net", "nets/a.net")
    assert (missing.returncode, "there is none in HEAD" in missing.stderr) == (3, True)
    assert netc("diff", "nobody:nets/a.net", "nets/a.net").returncode == 2
    (tmp_path / "nets" / "a.net").write_text("net A { input x: 8; dense(0) }\n", "utf-8")
    git("commit", "-qam", "two")
    assert "HEAD:nets/a.net:1:" in netc("diff", "HEAD:nets/a.net", "HEAD~1:nets/a.net").stderr
