"""Trainings that end early, and rates that fall, by what their epochs measured; also after a resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError

TEXT = """net A {{ input x: 4
  y = dense(2) }}
train A {{
  loss = mse(y, t)
  optimizer = sgd(lr={lr})
  epochs = 12
  batch = 8
  {line}
}}
"""


def trainer(folder: Path, line: str, lr: float = 0.0) -> netc.Trainer:
    """With a rate of nothing no epoch is better than the first."""
    file = folder / "a.net"
    file.write_text(TEXT.format(line=line, lr=lr))
    return netc.Trainer(netc.Model(netc.load(file), device="cpu"))


def rows() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {"x": rng.normal(size=(16, 4)).astype(np.float32), "t": rng.normal(size=(16, 2)).astype(np.float32)}


def test_it_stops_after_so_many_epochs_without_a_better_one(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="stopped after epoch 4: loss has not got better since epoch 1"):
        history = trainer(tmp_path, "stop = early_stop(patience=3)").fit(rows(), quiet=True)
    assert [record["epoch"] for record in history] == [1, 2, 3, 4]


def test_it_stops_when_the_figure_is_reached(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="stopped after epoch 1: loss has reached 1000"):
        history = trainer(tmp_path, "stop = [early_stop(9), reached(loss, 1000)]", lr=0.01).fit(rows(), quiet=True)
    assert len(history) == 1


def test_the_rate_falls_on_a_plateau(tmp_path: Path) -> None:
    fitted = trainer(tmp_path, "schedule = plateau(factor=0.5, patience=2, threshold=1000)", lr=0.01)
    rates = [record["learning_rate"] for record in fitted.fit(rows(), epochs=6, quiet=True)]
    assert rates == pytest.approx([0.01, 0.01, 0.01, 0.005, 0.005, 0.0025])


def test_a_resume_counts_the_epochs_before(tmp_path: Path) -> None:
    whole = trainer(tmp_path, "schedule = plateau(factor=0.5, patience=2, threshold=1000)", lr=0.01)
    whole.fit(rows(), epochs=6, quiet=True)
    parts = trainer(tmp_path, "schedule = plateau(factor=0.5, patience=2, threshold=1000)", lr=0.01)
    parts.fit(rows(), epochs=3, quiet=True)
    parts.fit(rows(), epochs=6, quiet=True)
    for name, weight in whole.model.state_dict().items():
        np.testing.assert_array_equal(weight, parts.model.state_dict()[name])


def test_what_is_not_measured_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        trainer(tmp_path, "stop = early_stop(watch=acuracy); metrics = [accuracy(y, u)]")
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == (
        "E416",
        "`early_stop` watches `acuracy`, which this section doesn't measure",
    )
    assert finding.help == "use `accuracy`"


@pytest.mark.parametrize(
    "line",
    ["stop = early_stop(patience=2, watch=r2)", "stop = reached(r2, 0.9)", "schedule = plateau(watch=r2)"],
)
def test_a_figure_of_held_out_rows_needs_some(line: str, tmp_path: Path) -> None:
    fitted = trainer(tmp_path, f"metrics = [r2]\n  {line}", lr=0.01)
    with pytest.raises(DiagnosticError, match="watches `r2`, which is measured on held-out rows alone") as refused:
        fitted.fit(rows(), quiet=True)
    assert refused.value.diagnostics[0].code == "E416"
    assert len(fitted.fit(rows(), validation=rows(), epochs=1, quiet=True)) == 1
