"""The light commands start in about a quarter of a second, because they import none of the heavy packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from processes import surroundings
from tiers import but_for

HEAVY = ("numpy", "onnx", "onnxruntime", "rich", "safetensors", "PIL", "importlib.metadata")
MODEL = """
block unit(n) { conv(n, 3x3, pad=same, bias=false) -> batchnorm -> relu }
net Small {
  input image: 1x28x28
  skip = unit(4)
  add { identity; unit(4) -> conv(4, 1x1, bias=false) -> batchnorm } -> dropout(0.2)
  concat(skip)
  maxpool(2x2)
  logits = flatten -> dense(10)
}
train Small {
  loss = cross_entropy(logits, label)
  optimizer = adamw(lr=1e-3)
  decays = kernels
  schedule = cosine(warmup=1)
  metrics = [accuracy]
}
"""
WATCH = """
import sys
from netc.cli import run
code = run(sys.argv[1:])
assert code == 0, code
found = [name for name in {heavy!r} if name in sys.modules]
assert not found, found
"""


QUICK = (["--help"], ["check", "."], ["lint", "."], ["fmt", "."], ["completion", "bash"], ["zoo", "resnet20"],
         ["explain", "L001"], ["summary", "m.net"], ["train", "--help"], ["new", "d", "--from", "resnet20-cifar"],
         ["ir", "m.net", "--train", "--stages"])  # fmt: skip
SLOW = (["check", "m.net"], ["check", "--help"], ["lint", "m.net"], ["zoo", "resnet20", "--format", "json"],
        ["explain"], ["summary", "m.net", "--format", "json"],
        ["compile", "--help"], ["ir", "m.net", "--target", "fast"], ["ir", "m.net", "--train"])  # fmt: skip


@pytest.mark.quick(1)
@pytest.mark.parametrize("arguments", but_for([*QUICK, *SLOW], SLOW), ids=" ".join)
def test_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "m.net").write_text(MODEL, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WATCH.format(heavy=HEAVY), *arguments], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_completion_imports_nothing_heavy(tmp_path: Path) -> None:
    """What a shell asks at every press of the key."""
    asked = "from netc.cli import netc; from netc.cli.completion import answer; code = answer(netc, 'bash')"
    program = WATCH.replace("code = run(sys.argv[1:])", asked)
    for words in ("netc ch", "netc train --dev", "netc compile --target ", "netc bench ", "netc new d --from res"):
        env = surroundings(COMP_WORDS=words, COMP_CWORD=str(len(words.split(" ")) - 1))
        done = subprocess.run(
            [sys.executable, "-c", program.format(heavy=HEAVY)], cwd=tmp_path, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_watch_notices_a_heavy_import() -> None:
    program = "import numpy\n" + WATCH.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, text=True)
    assert "AssertionError: ['numpy'" in done.stderr
