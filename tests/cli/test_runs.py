"""`netc runs`: real runs, finished, stopped, at work and damaged in every way."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sealed import change_document, change_weights

from netc.cli import run as netc
from netc.runtime.folder.lock import NAME as LOCK
from netc.runtime.runs.listing import runs_in

TEXT = """
net Tiny {
  input x: 4
  dense(6, act=relu) -> batchnorm
  logits = dense(3)
}

train Tiny {
  loss = cross_entropy(logits, label)
  optimizer = adam(lr=1e-2)
  metrics = [accuracy]
  batch = 8
  epochs = 3
}

net Line {
  input x: 4
  y = dense(1)
}

train Line {
  loss = mse(y, z)
  optimizer = sgd(lr=1e-3)
  epochs = 2
}
"""
PARAMS = 4 * 6 + 6 + 2 * 6 + 6 * 3 + 3


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: one finished with a test part, one without held-out rows, one planned for more epochs."""
    folder = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    (folder / "tiny.net").write_text(TEXT)
    fields: dict[str, Any] = {}
    for part in ("train", "val", "test"):
        fields[f"x_{part}"] = rng.normal(size=(24, 4)).astype(np.float32)
        fields[f"label_{part}"] = rng.integers(0, 3, 24)
    np.savez(folder / "data.npz", **fields)
    np.savez(folder / "line.npz", x=fields["x_train"], z=fields["x_train"][:, :1])
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert netc(["train", "tiny.net", "--net", "Tiny", "--data", "data.npz", "--out", "runs/deep/er/tiny"]) == 0
        assert netc(["train", "tiny.net", "--net", "Line", "--data", "line.npz", "--out", "runs/line"]) == 0
        assert (
            netc(["train", "tiny.net", "--net", "Tiny", "--data", "data.npz", "--epochs", "1", "--out", "runs/s"]) == 0
        )
    finally:
        os.chdir(before)
    change_document(folder / "runs/s/run.json", lambda said: said.update(overrides={"epochs": 7}))
    (folder / "runs/s/model.onnx").unlink()
    for age, name in enumerate(("line", "s", "deep/er/tiny")):
        for file in (folder / "runs" / name, *(folder / "runs" / name).iterdir()):
            os.utime(file, (1e9 - 1000 * age, 1e9 - 1000 * age))
    return folder


@pytest.fixture
def here(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(trained / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def listed(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def call(*arguments: str) -> Any:
        capsys.readouterr()
        assert netc(["runs", *arguments, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert list(found) == ["version", "runs"]
        return found["runs"]

    return call


def test_figures_are_those_of_the_run(here: Path, listed: Callable[..., Any]) -> None:
    line, stopped, tiny = listed()
    assert [item["run"] for item in (line, stopped, tiny)] == ["runs/line", "runs/s", "runs/deep/er/tiny"]
    records = [json.loads(row) for row in (here / "runs/deep/er/tiny/metrics.jsonl").read_text().splitlines()]
    best = max(records, key=lambda record: (record["validation_accuracy"], -record["validation_loss"]))
    metrics = {"loss": best["validation_loss"], "accuracy": best["validation_accuracy"]}
    assert tiny["best"] == {"epoch": best["epoch"], "by": "accuracy", "part": "val", "metrics": metrics}
    assert tiny["test"] == json.loads((here / "runs/deep/er/tiny/test.json").read_text())["metrics"]
    assert tiny["seconds"] == pytest.approx(sum(record["seconds"] for record in records), abs=1e-3)
    assert (tiny["net"], tiny["params"], tiny["status"], tiny["reason"]) == ("Tiny", PARAMS, "finished", None)
    assert tiny["epochs"] == {"done": 3, "planned": 3}
    assert re.fullmatch(r"2001-09-\d\dT\d\d:\d\d:\d\d\+00:00", tiny["when"])
    assert (stopped["status"], stopped["epochs"]) == ("stopped", {"done": 1, "planned": 7})
    assert line["best"]["by"] == "loss"
    assert line["test"] is None


def test_the_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "runs/s/run.json").write_text("{")
    assert netc(["runs"]) == 0
    head, *rows, damaged = capsys.readouterr().out.splitlines()
    assert re.split(r"  +", head) == [
        "run",
        "net",
        "when",
        "epochs",
        "status",
        "best",
        "held out",
        "test",
        "params",
        "time",
    ]
    assert [row.split()[0] for row in rows] == ["runs/line", "runs/deep/er/tiny"]
    assert re.search(r"3/3  finished     \d  accuracy \d\.\d{4}  loss \d\.\d{4} +loss", rows[1])
    assert damaged == "runs/s  damaged: run.json is cut off"


@pytest.mark.parametrize(
    ("sort", "order"),
    [("when", "line s tiny"), ("run", "tiny line s"), ("status", "tiny line s"), ("epochs", "tiny line s"),
     ("net", "line tiny s"), ("params", "line tiny s")],
)  # fmt: skip
def test_sort(here: Path, listed: Callable[..., Any], sort: str, order: str) -> None:
    assert " ".join(Path(item["run"]).name for item in listed("--sort", sort)) == order


def test_sort_by_the_best(here: Path, listed: Callable[..., Any]) -> None:
    """Accuracies from the highest down, then losses from the lowest up, then a run without a figure."""
    original = here / "runs/deep/er/tiny"
    names = {"high": 0.9, "low": 0.1, "middle": 0.5}
    for name, value in names.items():
        shutil.copytree(original, here / "runs" / name)
        change_best(here / "runs" / name / "last.safetensors", value)
    shutil.rmtree(here / "runs/s")
    shutil.rmtree(here / "runs/deep")
    assert [Path(item["run"]).name for item in listed("--sort", "best")] == ["high", "middle", "low", "line"]


def test_a_run_by_a_metric_that_there_is_not(here: Path, listed: Callable[..., Any]) -> None:
    """Of files that were changed by hand, in which nothing else is odd."""
    manifest = here / "runs/deep/er/tiny/manifest.json"
    said = json.loads(manifest.read_text())
    said["settings"]["metrics"][0]["metric"]["name"] = "nope"
    del said["checksum"]
    manifest.write_text(json.dumps(said))
    change_best(here / "runs/s/last.safetensors", 0.5, by="validation_nope")
    line, *damaged = listed("--sort", "best")
    assert line["run"] == "runs/line"
    assert {item["run"]: (item["status"], item["reason"]) for item in damaged} == {
        "runs/deep/er/tiny": ("damaged", "manifest.json names a metric `nope`, which there is not"),
        "runs/s": ("damaged", "last.safetensors chose its best epoch by `nope`, which that epoch lacks"),
    }


def change_best(checkpoint: Path, accuracy: float, by: str = "validation_accuracy") -> None:
    def change(texts: dict[str, str]) -> None:
        about = json.loads(texts["netc.checkpoint"])
        for record in about["progress"]["history"]:
            record["validation_accuracy"] = accuracy
        about["progress"]["best"].update(metric=by, value=accuracy)
        texts["netc.checkpoint"] = json.dumps(about)

    change_weights(checkpoint, texts=change)


@pytest.mark.skipif(os.name == "nt", reason="flock")
def test_at_work(here: Path, listed: Callable[..., Any]) -> None:
    """A run whose lock is held; a lock file that a dead process left behind says nothing."""
    import fcntl

    (here / "runs/s" / LOCK).write_text('{"pid": 1, "host": "elsewhere"}')
    (here / "runs/line" / LOCK).write_text("")
    with (here / "runs/s" / LOCK).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert {Path(item["run"]).name: item["status"] for item in listed()} == {
            "line": "finished", "s": "running", "tiny": "finished",
        }  # fmt: skip
    assert listed("--sort", "run")[2]["status"] == "stopped"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def without_checkpoints(last: Path) -> None:
    last.unlink()
    last.with_name("previous.safetensors").unlink()


@pytest.mark.parametrize(
    ("file", "damage", "reason"),
    [
        ("run.json", Path.unlink, "it has no run.json"),
        ("run.json", cut, "run.json is cut off"),
        ("run.json", lambda path: path.write_text("[]"), "run.json is of another form"),
        ("run.json", lambda path: path.write_text('{"version": 99}'), "run.json is of version 99, newer than"),
        ("run.json", lambda path: path.write_text('{"version": 2}'), "its entry `file` is missing"),
        ("run.json", lambda path: path.write_bytes(b"\xff\xfe"), "run.json is no JSON"),
        ("manifest.json", Path.unlink, "it has no manifest.json"),
        ("manifest.json", lambda path: path.write_text('{"settings": 3}'), "its entry `version` is missing"),
        ("last.safetensors", without_checkpoints, "it has no last.safetensors"),
        ("last.safetensors", cut, "last.safetensors: it is cut off"),
        ("last.safetensors", lambda path: path.write_bytes(b""), "last.safetensors: it is empty"),
        ("last.safetensors", lambda path: path.write_bytes(b"\xff" * 100), "last.safetensors: it is no safetensors"),
        ("last.safetensors", lambda path: (path.unlink(), path.mkdir()), "last.safetensors is a folder"),
        ("test.json", cut, "test.json is cut off"),
    ],
)  # fmt: skip
def test_damaged_runs_are_listed(
    here: Path, listed: Callable[..., Any], file: str, damage: Callable[[Path], object], reason: str
) -> None:
    damage(here / "runs/deep/er/tiny" / file)
    found = listed("--sort", "best")
    assert [item["status"] for item in found[:2]] != ["damaged"] * 2
    assert (found[-1]["run"], found[-1]["status"]) == ("runs/deep/er/tiny", "damaged")
    assert reason in found[-1]["reason"]
    assert len(found) == 3


def test_a_run_itself(here: Path, listed: Callable[..., Any]) -> None:
    assert [item["run"] for item in listed("runs/line")] == ["runs/line"]


def test_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert netc(["runs"]) == 0
    assert capsys.readouterr().err == "there is no run in runs; `netc train` makes one\n"
    assert netc(["runs", "nowhere"]) == 2
    assert "there is no folder nowhere" in capsys.readouterr().err
    assert runs_in(tmp_path) == []
