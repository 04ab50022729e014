"""A net of a hundred weights with everything that training treats specially, and data that it can learn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import netc.cli
from netc.compiler import Net

TINY = """
net Tiny(classes = 3) {
  input image: 1x6x6
  conv(4, 3x3, bias=false) -> batchnorm -> relu
  hidden = flatten
  dropout(0.25)
  logits = dense(classes)
}

train Tiny {
  loss      = cross_entropy(logits, label)
  optimizer = adam(lr=1e-2)
  schedule  = cosine(warmup=1)
  metrics   = [accuracy]
  batch     = 16
  epochs    = 4
  augmentation = [flip]
}
"""


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
Kept = Callable[..., None]


def arrays(rows: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Images whose brightest row tells the class."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 3, rows)
    image = rng.normal(0, 0.3, (rows, 1, 6, 6)).astype(np.float32)
    image[np.arange(rows), 0, 2 * label] += 1
    return {"image": image, "label": label}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with tiny.net and data.npz: 90 rows to train on, 30 held out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.net").write_text(TINY, encoding="utf-8")
    parts = {f"{part}_{name}": values for part, rows, seed in (("train", 90, 0), ("test", 30, 1))
             for name, values in arrays(rows, seed).items()}  # fmt: skip
    np.savez(tmp_path / "data.npz", **parts)
    return tmp_path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """`kept("run", make)`: the folder `run`, a copy of what `make` made the first time; another `how` is another."""
    runs = tmp_path_factory.mktemp("kept")

    def copied(name: str, make: Callable[[], object], how: str = "") -> None:
        original = runs / f"{name} {how}"
        if original.exists():
            shutil.copytree(original, name)
        else:
            make()
            shutil.copytree(name, original)

    return copied


@pytest.fixture
def net(folder: Path) -> Net:
    return netc.load("tiny.net")


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("train", "tiny.net")` as the command does it, in this process."""

    def call(*arguments: str) -> Done:
        capsys.readouterr()
        code = netc.cli.run(arguments)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call
