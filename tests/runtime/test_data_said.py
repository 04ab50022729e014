"""From the command line: what was skipped is said by every verb, and right answers stand beside predictions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sealed import change_document

from .conftest import Run

NET = """net Pets { input image: 1x8x8
  flatten
  logits = dense(2) }
train Pets { loss = cross_entropy(logits, label); optimizer = adam(lr=5e-2); metrics = [accuracy]; epochs = 8 }
"""
TABLE = """net Kinds { input x: 2
  dense(8, act=relu)
  logits = dense(2) }
train Kinds { loss = cross_entropy(logits, species); optimizer = adam(lr=5e-2); metrics = [accuracy]; epochs = 12 }
"""


def pets(folder: Path, names: tuple[str, ...] = ("cat", "dog"), rows: int = 10, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    for name in names:
        (folder / name).mkdir(parents=True)
        level = 40 if name == "cat" else 210
        for at in range(rows):
            Image.fromarray(rng.integers(level - 30, level + 30, (8, 8), np.uint8)).save(folder / name / f"{at}.png")


@pytest.fixture
def trained(run: Run, folder: Path) -> Path:
    (folder / "p.net").write_text(NET, encoding="utf-8")
    pets(folder / "pets")
    (folder / "pets" / "cat" / "notes.txt").write_text("passed over")
    done = run("train", "p.net", "--data", "pets", "--out", "r", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "1 file skipped: 1 .txt" in done.stderr
    return folder


@pytest.mark.slow
def test_every_verb_says_what_was_skipped(run: Run, trained: Path) -> None:
    assert "1 file skipped: 1 .txt" in run("eval", "r", "--data", "pets").stderr
    assert "1 file skipped: 1 .txt" in run("predict", "r", "pets").stderr
    assert "1 file skipped: 1 .txt" in run("data", "pets").stdout
    for verb in (("eval", "r", "--data", "pets"), ("predict", "r", "pets"), ("data", "pets")):
        found = json.loads(run(*verb, "--format", "json").stdout)
        assert found["skipped"] == {".txt": 1}
        assert found["notes"] == ["1 file skipped: 1 .txt"]


def test_an_empty_class_is_shown_before_the_training(run: Run, trained: Path) -> None:
    (trained / "pets" / "owl").mkdir()
    for verb in (("data", "pets"), ("train", "p.net", "--data", "pets", "--out", "s", "--device", "cpu")):
        assert "warning[E525]: pets/owl is empty" in run(*verb).stderr
    assert "pets/owl" in json.loads(run("data", "pets", "--format", "json").stdout)["findings"][0]
    (trained / "pets/owl/a.txt").write_text("no image")
    done = run("train", "p.net", "--data", "pets", "--out", "t", "--device", "cpu")
    assert (done.returncode, "error[E501]: pets/owl holds no image" in done.stderr) == (5, True)


@pytest.mark.slow
def test_labels_of_a_folder(run: Run, trained: Path) -> None:
    pets(trained / "later" / "test", ("dog",), 3, seed=5)
    Image.new("L", (8, 8), 40).save(trained / "later/test/dog/wrong.png")
    Image.new("L", (8, 8), 40).save(trained / "later/alone.png")
    done = run("predict", "r", "later")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["alone.png", *(f"test/dog/{at}.png" for at in (0, 1, 2, "wrong"))]
    assert ["(label dog)" in line for line in lines] == [False, True, True, True, True]
    assert "5 answers, 3 of 4 with a label right (75.0%)" in done.stderr
    found = json.loads(run("predict", "r", "later", "--format", "json").stdout)
    assert (found["labelled"], found["right"]) == (4, 3)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["r", "r/model.onnx"])
def test_labels_of_a_table(run: Run, folder: Path, model: str) -> None:
    (folder / "k.net").write_text(TABLE, encoding="utf-8")
    rng = np.random.default_rng(0)
    lines = [f"{x:.3f},{y:.3f},{'setosa' if x > y else 'virginica'}" for x, y in rng.normal(size=(300, 2))]
    (folder / "k.csv").write_text("\n".join(["a,b,species", *lines]) + "\n")
    assert run("train", "k.net", "--data", "k.csv", "--out", "r", "--device", "cpu").returncode == 0
    (folder / "later.csv").write_text("species,b,a\nvirginica,1,-1\nsetosa,-1,1\nsetosa,1,-1\n")
    done = run("predict", model, "later.csv")
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["virginica", "setosa", "virginica"]
    assert [line.split("(label ")[1] for line in done.stdout.splitlines()] == ["virginica)", "setosa)", "setosa)"]
    assert "3 answers, 2 right (66.7%)" in done.stderr
    (folder / "other.csv").write_text("species,b,a\nzzz,1,-1\nsetosa,-1,1\n")
    done = run("predict", model, "other.csv")
    assert (done.returncode, "(label" in done.stdout) == (0, False)
    assert "labels not shown: other.csv, line 2, column species is class `zzz`" in done.stderr
    (folder / "bare.csv").write_text("b,a\n1,-1\n")
    done = run("predict", model, "bare.csv")
    assert (done.returncode, "(label" in done.stdout, "right" in done.stderr) == (0, False, False)


def test_labels_of_the_sample(run: Run, folder: Path) -> None:
    """Folders named by numbers are names, and the sample numbers them as the model does."""
    (folder / "p.net").write_text(NET, encoding="utf-8")
    pets(folder / "all")
    (folder / "all/cat").rename(folder / "all/7")
    (folder / "all/dog").rename(folder / "all/10")
    assert run("train", "p.net", "--data", "all", "--out", "r", "--device", "cpu").returncode == 0
    done = run("predict", "r", "r/sample.npz")
    assert {line.split("(label ")[1] for line in done.stdout.splitlines()} == {"7)", "10)"}
    assert "right (100.0%)" in done.stderr
    assert json.loads(run("eval", "r", "--data", "r/sample.npz", "--format", "json").stdout)["metrics"]["accuracy"] == 1


def test_a_run_whose_card_draws_other_rows_is_not_continued(run: Run, folder: Path) -> None:
    """A card of version 1 draws from one lot: with rows that were drawn by class it would be another split."""
    (folder / "p.net").write_text(NET, encoding="utf-8")
    pets(folder / "pets", ("cat",), 10)
    pets(folder / "pets", ("dog",), 3)
    assert run("train", "p.net", "--data", "pets", "--out", "r", "--device", "cpu").returncode == 0
    path = folder / "r" / "run.json"
    said = json.loads(path.read_text())
    assert (said["card"]["version"], said["card"]["stratified"]) == (2, "label")
    card = said["card"] | {"version": 1}
    del card["stratified"]
    for item in card["inputs"]:
        del item["levels"]
    change_document(path, lambda said: said.update(card=card))
    weights = (folder / "r/last.safetensors").read_bytes()
    done = run("train", "--resume", "r", "--epochs", "9")
    assert (done.returncode, "error[E561]" in done.stderr) == (5, True), done.stderr
    assert (folder / "r/last.safetensors").read_bytes() == weights


def test_data_show_what_options_leave_out_and_hold_out(run: Run, folder: Path) -> None:
    (folder / "t.csv").write_text("a,b,label\n" + "".join(f"{at},{-at},{at % 2}\n" for at in range(10)))
    plain = json.loads(run("data", "t.csv", "--format", "json").stdout)
    assert (plain["left_out"], plain["split"]) == ([], None)
    said = json.loads(run("data", "t.csv:drop=a,validation=0.2", "--format", "json").stdout)
    assert list(said["parts"]["all"]["fields"]) == ["b", "label"]
    assert said["left_out"] == ["a"]
    assert said["split"] == {"train": 8, "held_out": 2}
    lines = run("data", "t.csv:drop=a,validation=0.2").stdout.splitlines()
    assert lines[1:] == [
        "part     all: 10 rows: columns b, label",
        "left out a",
        "split    8 to learn from, 2 held out",
    ]
