"""The data card from the command line: eval, resume, init and predict follow what the training meant."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors import safe_open

import netc
from netc.runtime.data.cards.card import Card

from .conftest import Kept, Run

NET = """net Colours { input x: 2
  dense(8, act=relu)
  logits = dense(3) }
train Colours { loss = cross_entropy(logits, label); optimizer = adam(lr=5e-2); metrics = [accuracy]; epochs = 12 }
"""
MEANS = {"red": 0.0, "green": 2.0, "blue": 4.0}


def colours(path: Path, names: list[str], rows: int, *, seed: int = 0, order: tuple[str, ...] = ("a", "b")) -> None:
    rng = np.random.default_rng(seed)
    chosen = [names[at] for at in rng.integers(len(names), size=rows)]
    lines = [",".join(("label", *order))]
    for name in chosen:
        values = {"a": MEANS[name] + rng.normal() * 0.1, "b": -MEANS[name] + rng.normal() * 0.1}
        lines.append(",".join((name, *(f"{values[column]:.4f}" for column in order))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def made(run: Run, folder: Path, kept: Kept) -> Path:
    (folder / "c.net").write_text(NET, encoding="utf-8")
    colours(folder / "c.csv", list(MEANS), 200)

    def train() -> None:
        done = run("train", "c.net", "--data", "c.csv", "--out", "r", "--device", "cpu")
        assert done.returncode == 0, done.stderr
        assert "label: 3 classes blue, green, red" in done.stderr

    kept("r", train)
    return folder


def measured(run: Run, *arguments: str) -> dict:
    done = run("eval", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_card_is_in_every_file(made: Path) -> None:
    card = json.loads((made / "r/run.json").read_text())["card"]
    with (
        safe_open(made / "r/last.safetensors", "numpy") as last,
        safe_open(made / "r/best.safetensors", "numpy") as best,
    ):
        texts = [last.metadata()["netc.card"], best.metadata()["netc.card"]]
    model = onnx.load(str(made / "r/model.onnx"))
    texts.append({entry.key: entry.value for entry in model.metadata_props}["netc.card"])
    assert [json.loads(text) for text in texts] == [card] * 3
    assert Card.from_json(card, "").class_names == ["blue", "green", "red"]


@pytest.mark.quick(1)
@pytest.mark.parametrize("model", ["r", "r/model.onnx", "compiled.onnx"])
def test_a_file_with_fewer_classes_and_another_order(run: Run, made: Path, model: str) -> None:
    assert run("compile", "c.net", "--weights", "r/best.safetensors", "-o", "compiled.onnx").returncode == 0
    colours(made / "two.csv", ["red", "green"], 60, seed=1, order=("b", "a"))
    found = measured(run, model, "--data", "two.csv")
    assert (found["examples"], found["part"]) == (60, "all")
    assert found["metrics"]["accuracy"] == 1
    answers = json.loads(run("predict", model, "two.csv", "--format", "json").stdout)["predictions"]
    names = [line.split(",")[0] for line in (made / "two.csv").read_text().splitlines()[1:]]
    assert [answer["classes"][0]["name"] for answer in answers] == names


@pytest.mark.slow
def test_all_rows_unless_a_part_is_asked_for(run: Run, made: Path) -> None:
    assert measured(run, "r", "--data", "c.csv")["examples"] == 200
    assert measured(run, "r")["examples"] == 20
    assert measured(run, "r", "--data", "c.csv", "--part", "train")["examples"] == 180
    assert "error[E510]" in run("eval", "r", "--data", "c.csv", "--part", "test").stderr


def test_measuring_on_held_out_rows_of_a_file_that_changed_is_said(run: Run, made: Path) -> None:
    assert "note:" not in run("eval", "r").stderr
    with (made / "c.csv").open("a", encoding="utf-8") as table:
        table.write("red,0.0,0.0\n" * 20)
    assert "note: c.csv has changed since the training" in run("eval", "r").stderr


def test_a_resume_on_other_data_changes_nothing(run: Run, made: Path) -> None:
    before = {path.name: path.read_bytes() for path in (made / "r").iterdir() if path.is_file()}
    text = (made / "c.csv").read_text()
    for changed, code in ((text.replace("blue", "zzz"), "E520"), (text.replace("0.0", "0.1", 1), "E523")):
        assert changed != text
        (made / "c.csv").write_text(changed)
        done = run("train", "--resume", "r", "--epochs", "14")
        assert (done.returncode, f"error[{code}]" in done.stderr) == (5, True), done.stderr
        assert {path.name: path.read_bytes() for path in (made / "r").iterdir() if path.is_file()} == before
    (made / "c.csv").write_text(text)
    assert run("train", "--resume", "r", "--epochs", "14").returncode == 0


def test_weights_to_start_from_bring_their_classes(run: Run, made: Path) -> None:
    colours(made / "two.csv", ["red", "green"], 60, seed=1, order=("b", "a"))
    init = ("--init", "r/best.safetensors", "--epochs", "1", "--device", "cpu")
    done = run("train", "c.net", "--data", "two.csv", *init, "--out", "s")
    assert "label: 3 classes blue, green, red" in done.stderr
    assert json.loads(run("data", "s", "--format", "json").stdout)["card"]["inputs"][0]["sources"] == ["a", "b"]
    (made / "two.csv").write_text((made / "two.csv").read_text().replace("red", "rde"))
    done = run("train", "c.net", "--data", "two.csv", *init, "--out", "t")
    assert (done.returncode, "error[E520]" in done.stderr, "`red`" in done.stderr) == (5, True, True)


@pytest.mark.slow
def test_test_is_measured_once_at_the_end(run: Run, folder: Path) -> None:
    rng = np.random.default_rng(0)
    parts = {}
    for part, rows in (("train", 60), ("val", 20), ("test", 30)):
        label = rng.integers(0, 3, rows)
        x = np.stack([label * 2.0, label * -2.0], 1) + rng.normal(0, 0.1, (rows, 2))
        parts |= {f"{part}_x": x.astype(np.float32), f"{part}_label": label}
    np.savez(folder / "d.npz", **parts)
    (folder / "c.net").write_text(NET, encoding="utf-8")
    done = run("train", "c.net", "--data", "d.npz", "--out", "r", "--device", "cpu")
    assert "given: 60 train, 20 val, 30 test" in done.stderr
    assert "on 30 rows, measured once" in done.stderr
    found = json.loads((folder / "r/test.json").read_text())
    assert (found["part"], found["examples"]) == ("test", 30)
    assert measured(run, "r")["metrics"] == pytest.approx(found["metrics"])
    assert measured(run, "r", "--part", "val")["examples"] == 20
    assert measured(run, "r", "--part", "all")["examples"] == 110


def test_netc_data_shows_cards_and_fields(run: Run, made: Path) -> None:
    for what in ("r", "r/model.onnx", "r/best.safetensors"):
        done = run("data", what)
        assert "input   x: columns a, b" in done.stdout
        assert "target  label: 3 classes blue, green, red" in done.stdout
    found = json.loads(run("data", "c.csv", "--format", "json").stdout)
    assert found["parts"]["all"]["rows"] == 200
    assert found["classes"] == ["blue", "green", "red"]
    assert "E500" in run("data", "nowhere.csv").stderr


@pytest.mark.quick(1)
@pytest.mark.parametrize("ending", ["csv", "json", "npz"])
def test_answers_are_written(run: Run, made: Path, ending: str) -> None:
    colours(made / "two.csv", ["red", "green"], 60, seed=1)
    names = [line.split(",")[0] for line in (made / "two.csv").read_text().splitlines()[1:]]
    done = run("predict", "r", "two.csv", "--out", f"p.{ending}")
    assert done.returncode == 0, done.stderr
    path = made / f"p.{ending}"
    if ending == "csv":
        found = [line.split(",")[1] for line in path.read_text().splitlines()[1:]]
    elif ending == "json":
        found = [item["classes"][0]["name"] for item in json.loads(path.read_text())["predictions"]]
    else:
        found = np.load(path)["name"].tolist()
    assert found == names
    assert "error[E501]" in run("predict", "r", "two.csv", "--out", "p.txt").stderr


def test_python_follows_the_card(made: Path) -> None:
    net = netc.load("c.net")
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    trainer.fit("c.csv", epochs=12)
    colours(made / "two.csv", ["red", "green"], 60, seed=1, order=("b", "a"))
    assert trainer.evaluate("two.csv")["accuracy"] == 1
    assert trainer.card is not None
    assert trainer.card.class_names == ["blue", "green", "red"]


def test_a_run_of_another_version_is_refused(run: Run, made: Path) -> None:
    path = made / "r/run.json"
    path.write_text(path.read_text().replace('"version": 2', '"version": 1', 1))
    done = run("eval", "r", "--data", "c.csv")
    assert "of version 1" in run("train", "--resume", "r").stderr
    assert done.returncode == 5
