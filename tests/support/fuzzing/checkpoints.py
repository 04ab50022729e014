"""Run folders and checkpoints, damaged: one file of a run that was trained, and all that reads a run.

The run is trained anew by each command, and holds times: a case's number alone doesn't say its bytes, so failures are
replayed from the files that are kept of them.
"""

from __future__ import annotations

import json
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
from netc.compiler.weights.formats.safetensors_header import CHECKSUM_KEY
from netc.grammar.documents import CHECKSUM

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
SEALED = 0.2
"""The share of cases that keep their checksum, at which nearly every one of them ends."""
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


def unsealed(name: str, content: bytes) -> bytes:
    """A file without its checksum, so that what reads it gets past that."""
    if name.endswith(".json"):
        said = json.loads(content)
        said.pop(CHECKSUM, None)
        return json.dumps(said, indent=2).encode()
    if name.endswith(".safetensors"):
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        header["__metadata__"].pop(CHECKSUM_KEY, None)
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]
    return content


def _one_of(names: tuple[str, ...]) -> object:
    def make(random: Random) -> bytes:
        name = random.choice([name for name in names if name in files()])
        content = files()[name] if random.random() < SEALED else unsealed(name, files()[name])
        return name.encode() + b"\0" + mutated(random, content, WORDS)

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
