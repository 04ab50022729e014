"""Run folders and checkpoints, damaged: one file of a run that was trained, and all that reads a run.

The run is trained anew by each command, and holds times: a case's number alone doesn't say its bytes, so failures are
replayed from the files that are kept of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from fuzzing.judge import ROOT
from fuzzing.kind import Kind
from fuzzing.mutate import mutated

TEXT = """net A {
  input image: 1x8x8
  flatten
  logits = dense(10)
}
train A {
  loss = cross_entropy(logits, label); optimizer = adam(lr=0.01); metrics = [accuracy]; epochs = 1; batch = 512
}
"""
CHECKPOINTS = ("last.safetensors", "best.safetensors", "previous.safetensors")
OTHERS = ("run.json", "manifest.json", "metrics.jsonl", "test.json", "lock.json", "results.csv", "a.net")
WORDS = (
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b"-1",
    b"NaN",
    b"1e999",
    b'"version":',
    b'"net":',
    b'"seed":',
    b'"progress":',
    b'\\"',
    b"\\u0000",
    b"\\ud800",
    b"../..",
    b"}",
    b"]",
    b",",
    b":",
    b"[" * 2000,
    b'{"a":' * 500,
)


@cache
def files() -> dict[str, bytes]:
    """The files of a run, trained for an epoch."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "a.net").write_text(TEXT)
        command = [sys.executable, "-m", "netc", "train", "a.net", "--data", "digits", "--out", "run"]
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_bytes() for path in sorted((folder / "run").iterdir()) if path.is_file()}


def _one_of(names: tuple[str, ...]) -> object:
    def make(random: Random) -> bytes:
        name = random.choice([name for name in names if name in files()])
        return name.encode() + b"\0" + mutated(random, files()[name], WORDS)

    return make


def read_run(content: bytes, place: Path) -> None:
    """A run with one file as the case has it: what Python loads, and what `netc runs` lists."""
    from netc.runtime.runs.listing import runs_in
    from netc.runtime.runs.loaded import load_run

    folder = place / "run"
    folder.mkdir(exist_ok=True)
    name, _, damaged = content.partition(b"\0")
    for other, file in files().items():
        (folder / other).write_bytes(damaged if other == name.decode("utf-8", "replace") else file)
    try:
        runs_in(place)
    finally:
        run = load_run(folder, "cpu")
        repr(run), run.metrics, run.plan_or_none, run.last


KINDS = (
    Kind("checkpoints", "checkpoints", read_run, _one_of(CHECKPOINTS), warm=files),  # type: ignore[arg-type]
    Kind("runs", "checkpoints", read_run, _one_of(OTHERS), warm=files),  # type: ignore[arg-type]
)
