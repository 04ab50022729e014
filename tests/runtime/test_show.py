from __future__ import annotations

import io
import subprocess
from pathlib import Path

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
    assert ("\x1b[9" in text or "\x1b[3" in text) is not bool(variables)
