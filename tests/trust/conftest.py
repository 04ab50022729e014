"""A small run that every test of this folder takes a copy of, and its model's answers."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.runs.deployed import Deployed

TEXT = """
net Tiny {
  input x: 4
  dense(5, act=relu) -> batchnorm
  logits = dense(3)
}

train Tiny {
  loss = cross_entropy(logits, label)
  optimizer = adam(lr=1e-2)
  metrics = [accuracy, f1(average="macro")]
  batch = 8
  epochs = 2
}
"""


def rows(part: int) -> dict[str, np.ndarray]:
    """Four numbers each, of three classes."""
    rng = np.random.default_rng(part)
    return {"x": rng.normal(size=(20, 4)).astype(np.float32), "label": rng.integers(0, 3, 20)}


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with tiny.net, data.npz and the run `run` of two epochs, measured on a part `test` too."""
    folder = tmp_path_factory.mktemp("trust")
    (folder / "tiny.net").write_text(TEXT, encoding="utf-8")
    parts = {f"{name}_{part}": values for number, part in enumerate(("train", "val", "test"))
             for name, values in rows(number).items()}  # fmt: skip
    np.savez(folder / "data.npz", **parts)
    model = netc.Model(netc.load(str(folder / "tiny.net")), device="cpu", threads=1)
    netc.Trainer(model).fit(str(folder / "data.npz"), out=folder / "run", quiet=True)
    return folder


@pytest.fixture
def here(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a copy of it."""
    shutil.copytree(trained, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def answers(path: Path, content: bytes) -> bytes:
    """What a model answers, as bytes."""
    found = Deployed(path, content, threads=1).run({"x": rows(3)["x"]})
    return b"".join(found[name].tobytes() for name in sorted(found))
