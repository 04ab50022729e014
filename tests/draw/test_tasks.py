"""The tasks of the lecture: few rows of each in every run of the tests, the whole where there is time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from processes import surroundings

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples/tasks/run.py"
TASKS = sorted(path.parent.name for path in PROGRAM.parent.glob("*/*.net"))
REACHED = {"classify": 0.97, "play": 8, "video": 0.95}
"""By the whole training; the others, which take minutes, have a few of their epochs to become better in."""
SINKS_TO = {"style": 0.1}
"""Of the figure before, where a lower one is better."""
FEW = {"caption": "3", "detect": "3", "pose": "5", "segment": "6"}
"""Epochs of theirs."""


def run(task: str, out: Path, *options: str) -> tuple[float, float]:
    """The figure before and after."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), task, "--out", str(out), *options], cwd=out,
        capture_output=True, text=True, timeout=600, env=surroundings(PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with Image.open(out / task / f"{task}.png") as picture:
        assert min(picture.size) > 200
        assert sum(map(bool, picture.convert("L").histogram())) > 10
    last = done.stdout.splitlines()[-1]
    before, after = (float(part.split()[-2]) for part in last.split(";")[0].split(":")[1].split(","))
    return before, after


QUICK = ("classify",)


@pytest.mark.slow
@pytest.mark.parametrize(
    "task", [task if task in QUICK else pytest.param(task, marks=pytest.mark.slow) for task in TASKS]
)
def test_a_task_runs_on_few_rows(task: str, tmp_path: Path) -> None:
    run(task, tmp_path, "--rows", "32", "--epochs", "1")


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS)
def test_a_task_learns(task: str, tmp_path: Path) -> None:
    before, after = run(task, tmp_path, *(("--epochs", FEW[task]) if task in FEW else ()))
    if task in SINKS_TO:
        assert after <= SINKS_TO[task] * before
    else:
        assert after > before
        assert after >= REACHED.get(task, 0)


def test_a_task_that_is_none_is_said() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "paint"], capture_output=True, text=True, env=surroundings(PYTHONPATH=str(ROOT))
    )
    assert done.returncode == 2
    assert "there is no task paint" in done.stderr
