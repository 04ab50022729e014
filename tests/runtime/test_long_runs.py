"""Long trainings: memory and open files stay as they are, and data that stops coming is said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.batches import Batches

TEXT = """
net Small { input x: 16
  y = dense(32, act=relu) -> dense(1) }
train Small { loss = mse(y, t); optimizer = adam(lr=1e-3); batch = 1; epochs = 20 }
"""


class Watched(netc.Listener):
    """Notes the memory and the open files of this process after each epoch."""

    def __init__(self) -> None:
        self.memory: list[int] = []
        self.files: list[int] = []

    def epoch_ended(self, record: Any, improved: bool) -> None:
        pages = Path("/proc/self/statm").read_text().split()[1]
        self.memory.append(int(pages) * os.sysconf("SC_PAGE_SIZE"))
        self.files.append(len(os.listdir("/proc/self/fd")))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system doesn't say it")
@pytest.mark.parametrize("steps", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_memory_and_open_files_stay_flat(tmp_path: Path, steps: int) -> None:
    """From the third epoch on; 8 MB are what an allocator may keep for itself."""
    (tmp_path / "small.net").write_text(TEXT, encoding="utf-8")
    x = np.random.default_rng(0).normal(size=(steps // 20, 16)).astype(np.float32)
    watched = Watched()
    trainer = netc.Trainer(netc.Model(netc.load(str(tmp_path / "small.net")), device="cpu"))
    trainer.fit({"x": x, "t": x[:, :1]}, out=tmp_path / "run", listener=watched, quiet=True, checkpoint_seconds=0.1)
    assert trainer.progress.step == steps
    assert max(watched.files[3:]) <= watched.files[2]
    assert max(watched.memory[3:]) <= watched.memory[2] + (8 << 20)


class Rows:
    """Rows whose third batch cannot be read."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.batches = error, 0

    def __len__(self) -> int:
        return 12

    def batch(self, indices: Any) -> dict[str, np.ndarray]:
        self.batches += 1
        if self.batches == 3:
            raise self.error
        return {"x": np.zeros((len(indices), 1), np.float32)}


def test_what_goes_wrong_in_the_thread_that_reads_is_told_here() -> None:
    with Batches(Rows(OSError("gone")), 2) as batches, pytest.raises(OSError, match="gone"):
        list(batches)


def test_a_thread_that_ends_without_a_word_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batches, "_work", lambda self: None)
    with Batches(Rows(OSError("gone")), 2) as batches, pytest.raises(DiagnosticError, match="E614"):
        next(batches)
