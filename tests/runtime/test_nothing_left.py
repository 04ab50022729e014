"""A run that has no epoch left and is asked to go on: nothing happens to it, and nothing is said to have happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import netc

from .conftest import TINY, Kept, Run
from .test_run import TRAIN


def done(run: Run, kept: Kept) -> None:
    kept("a", lambda: run(*TRAIN, "--epochs", "1", "--out", "a"))


def test_changes_of_a_finished_run_are_not_recorded(run: Run, kept: Kept) -> None:
    done(run, kept)
    before = {path.name: path.read_bytes() for path in Path("a").iterdir()}
    again = run("train", "--resume", "a", "--lr", "0.123", "--memory", "low")
    assert again.returncode == 0, again.stderr
    assert "lr, memory: without effect, as no epoch is left to train" in again.stderr
    assert "add `--epochs 6`" in again.stderr
    assert "changed" not in again.stderr
    trainer = netc.Trainer(netc.Model(netc.load("tiny.net"), device="cpu"), lr=0.5)
    trainer.resume("a")
    with pytest.warns(UserWarning, match="nothing is left to train"):
        trainer.fit("data.npz", out="a", epochs=1)
    for name in ("run.json", "last.safetensors", "best.safetensors", "model.onnx"):
        assert Path("a", name).read_bytes() == before[name], name
    assert run("reproduce", "a").returncode == 0


def test_fewer_epochs_end_a_run_and_are_recorded_alone(run: Run, folder: Path) -> None:
    netc.Trainer(netc.Model(netc.load("tiny.net"), device="cpu")).fit("data.npz", out="a", epochs=1)
    asked = json.loads(Path("a/run.json").read_text())
    del asked["checksum"]
    Path("a/run.json").write_text(json.dumps({**asked, "overrides": {"epochs": 3}}))
    again = run("train", "--resume", "a", "--epochs", "1", "--lr", "0.5")
    assert again.returncode == 0, again.stderr
    assert "changed      epochs 3 -> 1, from epoch 2 on" in again.stderr
    assert "lr: without effect" in again.stderr
    assert json.loads(Path("a/run.json").read_text())["overrides"] == {"epochs": 1}


def test_a_run_that_its_plan_ended_has_no_epoch_left(run: Run, folder: Path) -> None:
    text = TINY.replace("epochs    = 4", "epochs = 4\n  stop = [reached(loss, 1000)]")
    Path("tiny.net").write_text(text, encoding="utf-8")
    assert run(*TRAIN, "--out", "a").returncode == 0
    before = Path("a/run.json").read_bytes()
    again = run("train", "--resume", "a", "--lr", "0.5")
    assert again.returncode == 0, again.stderr
    assert "this run stopped after epoch 1: loss has reached 1000" in again.stderr
    assert "lr: without effect" in again.stderr
    assert Path("a/run.json").read_bytes() == before
