"""Figures on the part `test` that are lists, or not finite: a run stays whole, and everybody can read them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.grammar.documents import answered
from netc.runtime.runs.listing import read_run

from .conftest import Run

TEXT = """net A {
  input x: 4
  out = dense(LABELS)
}
train A { loss = LOSS; metrics = [METRICS]; batch = 10; epochs = 1 }
"""


def trained(run: Run, loss: str, labels: int, metrics: str, target: np.ndarray) -> str:
    """What the command says of a training in `r`, of data with the three parts; the targets of `test` are given."""
    text = TEXT.replace("LOSS", loss).replace("LABELS", str(labels)).replace("METRICS", metrics)
    Path("a.net").write_text(text, encoding="utf-8")
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    learned = np.zeros_like(target) if target.ndim > 1 else np.arange(20) % labels
    rows = {f"{part}_{name}": values for part, y in (("train", learned), ("val", learned), ("test", target))
            for name, values in (("x", x), ("y", y))}  # fmt: skip
    np.savez("d.npz", **rows)
    done = run("train", "a.net", "--data", "d.npz", "--device", "cpu", "--out", "r")
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("metric", ["confusion", "f1(average=none)"])
def test_a_report_shows_figures_that_are_lists(run: Run, metric: str) -> None:
    trained(run, "cross_entropy(out, y)", 3, f"accuracy, {metric}", np.arange(20) % 3)
    done = run("report", "r", "-o", "r.html")
    assert done.returncode == 0, done.stderr
    page = Path("r.html").read_text(encoding="utf-8")
    assert f"<pre>test_{metric.partition('(')[0]}" in page
    assert "<th>test_accuracy</th>" in page


def test_a_figure_that_is_not_finite_leaves_the_run_whole(run: Run) -> None:
    target = np.zeros((20, 1), np.float32)
    target[3] = 1e25
    said = trained(run, "mse(out, y)", 1, "mae(out, y)", target)
    assert "loss on part test is not finite, and is left out of test.json" in said
    found = json.loads(Path("r/test.json").read_text(), parse_constant=pytest.fail)
    assert list(found["metrics"]) == ["mae"]
    entry = read_run(Path("r"))
    assert (entry.status, list(entry.test or {})) == ("finished", ["mae"])
    assert "test_loss" not in netc.load_run("r").metrics
    measured = run("eval", "r", "--part", "test", "--format", "json").stdout
    assert json.loads(measured, parse_constant=pytest.fail)["metrics"]["loss"] is None


def test_what_is_not_finite_is_null_in_answers() -> None:
    assert answered({"a": [1.5, float("nan")], "b": (float("-inf"), "x")}) == '{"a": [1.5, null], "b": [null, "x"]}'
