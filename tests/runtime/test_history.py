"""Histories and rows: columns, tables, curves; rows of data and the answers to them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler import Net
from netc.runtime.show.history import History

from .conftest import arrays

RECORDS = [
    {"epoch": 1, "step": 3, "learning_rate": 0.1, "loss": 2.0, "seconds": 0.5},
    {"epoch": 2, "step": 6, "learning_rate": 0.1, "loss": 1.0, "validation_loss": 1.5, "seconds": 0.5},
]


def test_columns_and_rows() -> None:
    history = History(RECORDS, 2, "Tiny")
    assert history["loss"] == [2.0, 1.0]
    np.testing.assert_equal(history["validation_loss"], [float("nan"), 1.5])
    assert (history[-1], history[:1], history.best) == (RECORDS[1], RECORDS[:1], RECORDS[1])
    assert type(history.rows) is list
    assert history.columns == ["epoch", "step", "learning_rate", "loss", "seconds", "validation_loss"]
    with pytest.raises(KeyError, match="acuracy; there are epoch, step"):
        _ = history["acuracy"]
    assert repr(history) == "<history: 2 epochs, the last with loss 1.0000, validation_loss 1.5000; best epoch 2>"
    assert repr(History()) == "<history: no epoch yet>"
    table = history._repr_html_()
    assert re.findall(r"<th>(\w+)</th>", table) == history.columns
    assert table.count("<b>") == len(history.columns)
    assert table.count("<td></td>") == 1


def test_curves_have_whole_epochs() -> None:
    figure = History([{**record, "epoch": epoch} for epoch, record in enumerate(RECORDS * 2, 1)]).plot()
    (axes,) = figure.axes
    figure.canvas.draw()
    assert axes.get_title() == "loss"
    assert axes.get_xticks().tolist() == [1, 2, 3, 4]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["training", "held out"]
    assert [line.get_marker() for line in History(RECORDS[:1]).plot().axes[0].lines] == ["o"]
    assert list(axes.lines[0].get_ydata()) == [2.0, 1.0, 2.0, 1.0]
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_curves_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netc.runtime.show.plot.can_plot", lambda: False)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        History(RECORDS).plot()


def test_rows_of_all_parts_in_their_order() -> None:
    data = netc.open_data("digits")
    train, test = (data.parts[part].fields for part in ("train", "test"))
    labels = np.concatenate([train["label"], test["label"]])
    images = np.concatenate([train["image"], test["image"]])
    assert len(data) == len(labels) == 1797
    for which in (0, -1, slice(3, 9), slice(1495, 1505, 2), [1700, 4, 1499, 1500, 4], np.array([1796])):
        rows = data[which].first
        np.testing.assert_array_equal(rows.fields["label"], np.atleast_1d(labels[which]))
        np.testing.assert_array_equal(np.asarray(rows.fields["image"]).reshape(-1, 64),
                                      np.atleast_2d(images[which].reshape(-1, 64)))  # fmt: skip
    assert data[[1700, 4]].first.place("label", 0) == data.parts["test"].place("label", 200)
    assert data[1:9][2:4].first.place("label", 0) == data.parts["train"].place("label", 3)
    np.testing.assert_array_equal(data["test"].first.fields["label"], test["label"])
    with pytest.raises(netc.DiagnosticError, match="no part `val`"):
        _ = data["val"]
    with pytest.raises(IndexError):
        _ = data[1797]
    with pytest.raises(TypeError, match="a number, a slice or a list"):
        _ = data[[[1, 2]]]
    assert len(data[np.arange(1797) % 2 == 0]) == 899


@pytest.fixture
def table(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = ["name,a,b,c"]
    for _ in range(120):
        kind = rng.integers(2)
        lines.append(f"{('lo', 'hi')[kind]},{kind + rng.normal() / 9:.3f},{rng.normal():.3f},{-kind:.3f}")
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


TABLE = """net T { input x: 3
  logits = dense(2) }
train T { loss = cross_entropy(logits, label); optimizer = adam(lr=0.1); metrics = [accuracy]; epochs = 15 }"""


def test_rows_fit_a_model_and_answers_have_names(table: Path) -> None:
    data = netc.open_data(str(table))
    model = netc.Model(netc.loads(TABLE), device="cpu")
    assert model(data[0]).shape == (1, 2)  # untrained: the column of texts is no input
    trainer = netc.Trainer(model)
    trainer.fit(data)
    names = [line.split(",")[0] for line in table.read_text().splitlines()[1:]]
    assert [answer.name for answer in model.predict(data)] == names
    (answer,) = model.predict(data[7], top=1)
    assert repr(answer) == f"{names[7]}  {100 * answer.probability:.1f} %"
    header, *lines = table.read_text().splitlines()
    assert header == "name,a,b,c"
    moved = [f"{c},{a},{b}" for _, a, b, c in (line.split(",") for line in lines)]
    table.with_name("u.csv").write_text("\n".join(["c,a,b", *moved]))
    np.testing.assert_array_equal(model(netc.open_data(str(table.with_name("u.csv")))), model(data))
    held = data["val"]
    assert trainer.evaluate(held)["loss"] == pytest.approx(trainer.history[-1]["validation_loss"], rel=1e-5)


def test_a_net_of_numbers_has_no_classes(net: Net) -> None:
    numbers = netc.loads("""net N { input x: 2
      y = dense(1) }
    train N { loss = mse(y, t) }""")
    with pytest.raises(netc.DiagnosticError) as caught:
        netc.Model(numbers, device="cpu").predict(np.zeros((1, 2), np.float32))
    assert caught.value.diagnostics[0].code == "E583"
    rows = arrays(3)
    answers = netc.Model(net, device="cpu").predict(rows["image"])
    scores = netc.Model(net, device="cpu")(rows["image"]).astype(np.float64)
    for answer, row in zip(answers, scores, strict=True):
        assert (answer.name, answer.index) == (str(row.argmax()), row.argmax())
        assert answer.probability == pytest.approx(float(np.exp(row.max()) / np.exp(row).sum()), abs=1e-5)
