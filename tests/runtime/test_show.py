from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from processes import on_terminal

from netc.runtime.data.class_scores import best_classes, class_line
from netc.runtime.folder.progress import Progress, Record
from netc.runtime.show.plot import plot_curves
from netc.runtime.show.predictions import values_line
from netc.runtime.show.progress import PlainProgress, epoch_line, number

RECORD: Record = {
    "epoch": 3, "step": 141, "learning_rate": 0.002, "loss": 0.20083, "accuracy": 0.94466,
    "validation_loss": 0.11545, "validation_accuracy": 0.96969, "seconds": 0.367,
}  # fmt: skip


def test_the_line_of_an_epoch() -> None:
    line = "epoch  3/12  loss 0.2008  accuracy 0.9447  |  held out: loss 0.1154  accuracy 0.9697  |  0.4 s"
    assert epoch_line(RECORD, 12, improved=False) == line
    assert epoch_line(RECORD, 12, improved=True) == line + "  best"
    learned = {name: value for name, value in RECORD.items() if not name.startswith("validation_")}
    assert epoch_line(learned, 9, improved=False) == "epoch 3/9  loss 0.2008  accuracy 0.9447  |  0.4 s"


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5000"), (0.0, "0.0000"), (12345.6, "1.235e+04"), (-1e-5, "-1.000e-05")]
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_plain_progress_writes_a_line_an_epoch() -> None:
    stream = io.StringIO()
    listener = PlainProgress(stream)
    listener.started(Progress(), 12, 47)
    listener.stepped(Progress(step=1), {"loss": 1.0})
    listener.epoch_ended(RECORD, improved=True)
    assert stream.getvalue() == epoch_line(RECORD, 12, improved=True) + "\n"


def test_the_likeliest_classes_come_first() -> None:
    scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0]])
    found = best_classes(scores, ["cat", "dog", "owl"], 2)
    assert [[item["name"] for item in row] for row in found] == [["dog", "owl"], ["cat", "dog"]]
    assert class_line(found[0]) == "dog  70.0 %    owl  20.0 %"
    assert class_line(best_classes(scores, None, 1)[0]) == "1  70.0 %"


def test_outputs_that_are_no_classes() -> None:
    outputs = {"y": np.array([[1.5, -2.0]]), "map": np.arange(16.0).reshape(1, 4, 4)}
    assert values_line(outputs, 0) == "y  1.5 -2    map  4x4 from 0 to 15, mean 7.5"


def test_curves_become_a_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    records: list[Record] = [{**RECORD, "epoch": epoch, "loss": 1 / epoch} for epoch in (1, 2, 3)]
    plot_curves({"dense": records, "convolutional": records}, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > 2 * picture.height > 200  # a panel for the loss, one for the accuracy
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 10


@pytest.mark.quick(1)
@pytest.mark.parametrize("last", [1, 2, 3, 7, 10, 12, 23, 100, 999, 12345])
@pytest.mark.parametrize("first", [1, 5])
def test_curves_have_whole_epochs(first: int, last: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ticks of the very picture: epochs that there were, the first among them, few enough to read."""
    figure = pytest.importorskip("matplotlib.figure")
    drawn: list[Any] = []
    save = figure.Figure.savefig
    monkeypatch.setattr(figure.Figure, "savefig", lambda self, *a, **k: (drawn.append(self), save(self, *a, **k)))
    last += first - 1
    plot_curves({"a": [{**RECORD, "epoch": epoch} for epoch in range(first, last + 1)]}, tmp_path / "curves.png")
    for axes in drawn[0].axes:
        ticks = axes.get_xticks().tolist()
        assert ticks == sorted({round(tick) for tick in ticks})
        assert [text.get_text() for text in axes.get_xticklabels()] == [f"{tick:,.0f}" for tick in ticks]
        assert ticks[0] == first
        assert ticks[-1] <= last
        assert len(ticks) <= 10
        assert len(ticks) == last - first + 1 or len(ticks) >= 4
    assert [text.get_text() for text in drawn[0].legends[0].get_texts()] == ["training", "held out"]


def test_one_epoch_is_a_dot_of_each_kind(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_curves({"a": [RECORD]}, tmp_path / "one.png")
    with Image.open(tmp_path / "one.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    assert (pixels == (31, 119, 180)).all(axis=2).sum() > 100


@pytest.mark.slow
@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}], ids=["color", "no color"])
def test_a_terminal_has_a_live_line(folder: Path, variables: dict[str, str]) -> None:
    code, text = on_terminal(
        "train", "tiny.net", "--data", "data.npz", "--device", "cpu", "--epochs", "30",
        folder=folder, stdout=subprocess.DEVNULL, COLUMNS="120", **variables,
    )  # fmt: skip
    assert code == 0, text
    assert text.count("held out:") == 30
    assert "\x1b[2K" in text
    assert "examples/s" in text
    assert re.search(r"\d s left, \d+\.\d s in all", text)
    assert ("\x1b[9" in text or "\x1b[3" in text) is not bool(variables)
