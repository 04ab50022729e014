"""Profiles: read from events, attributed to layers, complete."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import onnx
import pytest

import netc
from netc.compiler import get_op, places
from netc.runtime.measure import ceilings
from netc.runtime.measure.bench import bench_text, measure, synthetic
from netc.runtime.measure.profile import Step, profile, read_steps, steadiest
from netc.runtime.measure.profile_text import profile_text

TEXT = """
block pair(filters) {
  conv(filters, 3x3, pad=same) -> batchnorm -> relu
}

net Tiny {
  input image: 1x8x8
  stem = pair(4)
  skip = maxpool(2x2)
  pair(4)
  add(skip)
  flatten
  dropout(0.25)
  logits = dense(3)
}

train Tiny {
  loss = cross_entropy(logits, label)
  optimizer = sgd(lr=0.1, momentum=0.9)
  metrics = [accuracy]
  batch = 4
}
"""


@pytest.fixture(autouse=True)
def _small_ceilings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's ceilings come of small products and arrays: no figure of theirs is tested."""
    small = partial(ceilings.sgemm_peak, size=256, repeats=2)
    monkeypatch.setattr("netc.runtime.measure.bench.sgemm_peak", small)
    monkeypatch.setattr(ceilings, "ROWS_COPIED", 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.net"
    path.write_text(TEXT)
    return path


def event(name: str, start: int, length: int, category: str = "Node", kind: str = "Conv") -> dict[str, Any]:
    return {"cat": category, "name": name, "ts": start, "dur": length, "args": {"op_name": kind}}


def test_events_are_read_by_run() -> None:
    events = [
        event("session_initialization", 0, 5, "Session"),
        event("model_run", 10, 10, "Session"),
        event("a.Conv_kernel_time", 11, 4),
        event("loop.Loop_kernel_time", 15, 4, kind="Loop"),
        event("inside.Add_kernel_time", 16, 2, kind="Add"),  # part of the loop, counted there
        event("model_run", 30, 6, "Session"),
        event("a.Conv_kernel_time", 31, 3),
    ]
    first, second = read_steps(json.dumps(events).encode())
    assert first.seconds == pytest.approx(10e-6)
    assert [(name, kind) for name, kind, _ in first.operators] == [("a.Conv", "Conv"), ("loop.Loop", "Loop")]
    assert second.operators == [("a.Conv", "Conv", pytest.approx(3e-6))]


def test_hiccups_are_left_out() -> None:
    steps = [Step(seconds, []) for seconds in (3.0, 1.0, 90.0, 2.0, 4.0)]
    assert [step.seconds for step in steadiest(steps)] == [1.0, 2.0, 3.0]


@pytest.mark.quick(1)
@pytest.mark.parametrize("target", ["std", "auto"])
def test_every_layer_is_there_and_times_add_up(file: Path, target: str) -> None:
    net = netc.load(file)
    found = measure(net, net.plan(), rounds=1, seconds=0.0, threads=1, device="cpu", target=target)
    told = found["profile"]
    assert [layer["name"] for layer in told["layers"]] == [layer.path for layer in net.layers]
    assert {layer["name"]: layer["line"] for layer in told["layers"]}["stem.conv1"] == 3
    rows = [*told["layers"], *told["other"]]
    assert sum(row["ms"] for row in rows) + told["between_ms"] == pytest.approx(told["step_ms"], rel=0.01)
    assert sum(item["ms"] for item in told["operators"]) + told["between_ms"] == pytest.approx(
        told["step_ms"], rel=0.01
    )
    assert 0 <= told["between_ms"] <= told["step_ms"]
    for row in rows:
        parts = row["forward_ms"] + row["backward_ms"] + row["update_ms"]
        assert parts == pytest.approx(row["ms"], abs=0.001)
    for layer in told["layers"]:
        weighty = layer["type"] in ("conv", "dense", "batchnorm")
        assert (layer["update_ms"] > 0) == (layer["type"] in ("conv", "dense"))  # small weights are updated together
        assert not weighty or (layer["forward_ms"] > 0 and layer["backward_ms"] > 0)
        assert (layer["gflops"] is not None) == (layer["type"] in ("conv", "dense"))
    assert {row["name"] for row in told["other"]} <= {"loss", "metrics", "optimizer", "random", "conversions"}
    line = next(line for line in told["lines"] if line["line"] == 3)
    assert line["text"] == "conv(filters, 3x3, pad=same) -> batchnorm -> relu"
    assert line["ms"] == pytest.approx(sum(layer["ms"] for layer in told["layers"] if layer["line"] == 3), abs=0.01)
    text = profile_text(told)
    assert all(f"{layer.path} ({layer.word})" in text for layer in net.layers)


def test_places_know_the_part_of_the_step(file: Path) -> None:
    trainer = netc.Trainer(netc.Model(netc.load(file), device="cpu", target="std"))
    known = places(trainer.artifact)
    logits = [place for place in known.values() if place.scope == "logits"]
    assert {place.part for place in logits} == {"forward", "backward"}
    assert all(place.line.endswith("tiny.net:14") for place in logits)
    assert known["loss"].part == "forward"
    assert known["accuracy"].part == "forward"
    assert known["logits.weight.next"].part == "update"
    assert known["logits.weight.momentum.next"].part == "update"
    assert known["stem.batchnorm1.running_mean.next"].part == "update"
    assert any(place.part == "backward" and place.scope == "stem.conv1" for place in known.values())


def test_synthetic_rows_fit_the_net(file: Path) -> None:
    trainer = netc.Trainer(netc.Model(netc.load(file), device="cpu"))
    rows = synthetic(trainer.ports, 64)
    assert rows["image"].shape == (64, 1, 8, 8)
    assert set(rows["label"]) == {0, 1, 2}
    trainer.step(rows)


def test_synthetic_numbers_are_those_that_a_table_has(tmp_path: Path) -> None:
    path = tmp_path / "words.net"
    path.write_text(
        "net Words {\n  input words: int [9], marks: int [2]\n  words -> embedding(5, 3) -> flatten\n"
        "  logits = concat(marks * 0.5) -> dense(2)\n}\n"
        "train Words {\n  loss = cross_entropy(logits, label)\n  optimizer = sgd(lr=0.1)\n}\n"
    )
    trainer = netc.Trainer(netc.Model(netc.load(path), device="cpu"))
    rows = synthetic(trainer.ports, 64)
    assert set(rows["words"].ravel()) == {0, 1, 2, 3, 4}
    assert not rows["marks"].any()  # of which nothing is known
    trainer.step(rows)


@pytest.mark.quick(1)
@pytest.mark.parametrize("epochs", ["1", "2"])  # 20 steps, fewer than are wanted; 40, more
def test_a_run_leaves_its_profile(file: Path, tmp_path: Path, epochs: str, netc_train: Callable[..., int]) -> None:
    import numpy as np

    generator = np.random.default_rng(0)
    data = tmp_path / "data.npz"
    np.savez(data, image=generator.random((80, 8, 8), np.float32), label=generator.integers(0, 3, 80))
    folder = tmp_path / "run"
    given = [str(file), "--data", str(data), "--device", "cpu", "--epochs", epochs, "--out", str(folder), "--profile"]
    assert netc_train("train", *given) == 0
    told = json.loads((folder / "profile.json").read_text())
    assert len(told["layers"]) == len(netc.load(file).layers)
    assert told["loop_ms"] > 0
    assert (folder / "profile.txt").read_text().startswith("layer (type)")


@pytest.fixture
def netc_train() -> Callable[..., int]:
    from netc.cli import run

    return lambda *arguments: run(arguments)


@pytest.mark.slow
def test_the_verb(file: Path, capsys: pytest.CaptureFixture[str], netc_train: Callable[..., int]) -> None:
    given = ["bench", str(file), "--batch", "2", "--rounds", "1", "--device", "cpu", "--threads", "1"]
    assert netc_train(*given, "--no-torch", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["version"] == 1
    assert (told["batch"], told["threads"], told["step_ms"]["rounds"]) == (2, 1, 1)
    assert told["examples_per_second"] == pytest.approx(2000 / told["step_ms"]["median"], rel=0.01)
    assert told["gflops"] == pytest.approx(1000 * told["gflop"] / told["step_ms"]["median"], rel=0.05, abs=0.02)
    assert told["share_of_peak"] == pytest.approx(told["gflops"] / told["peak_gflops"], rel=0.05, abs=0.01)
    assert told["torch"] is None
    assert netc_train(*given, "--no-torch") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Tiny, batch 2, cpu, 1 thread")
    assert "stem.conv1 (conv)" in shown
    assert "PyTorch" not in shown


@pytest.mark.quick(1)
@pytest.mark.parametrize(("dropout", "agree"), [("", True), ("dropout(0.25)", None)])
def test_the_ratio_to_pytorch(tmp_path: Path, dropout: str, agree: bool | None) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "tiny.net"
    path.write_text(TEXT.replace("dropout(0.25)", dropout))
    net = netc.load(path)
    found = measure(net, net.plan(), rounds=2, seconds=0.0, threads=1, device="cpu", torch=True)
    told = found["torch"]
    assert told["agree"] is agree
    assert set(told["first_loss"]) == {"netc", "eager", "channels_last"}
    assert told["ratio"]["low"] <= told["ratio"]["median"] <= told["ratio"]["high"]
    lines = bench_text(found).splitlines()
    assert any(line.startswith("ratio      ") for line in lines)
    assert not any("disagree" in line for line in lines)
    told["agree"] = False
    assert "           the first losses disagree, so this compares different work: netc " in bench_text(found)


def test_why_there_is_no_ratio(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(get_op("Relu"), "torch_name", None)
    monkeypatch.setattr("netc.runtime.measure.torch_step._may_overwrite", lambda *_: False)
    net = netc.load(file)
    found = measure(net, net.plan(), rounds=1, seconds=0.0, threads=1, device="cpu", torch=True)
    assert found["torch"] == {"absent": "PyTorch's step is not known for the operator Relu"}
    assert "PyTorch    no ratio: PyTorch's step is not known for the operator Relu" in bench_text(found)
    monkeypatch.setattr("netc.runtime.measure.against_torch.installed", lambda: False)
    found = measure(net, net.plan(), rounds=1, seconds=0.0, threads=1, device="cpu", torch=True)
    assert found["torch"] == {"absent": "PyTorch is not installed"}


ODD = """
block optimizer(n) { fc = dense(n); relu }
net Odd {
  input image: 1x8x8
  loss = conv(4, 3x3, pad=same)
  metric = maxpool(2x2)
  flatten
  optimizer(8)
  stack = optimizer(6)
  clip = dense(5)
  cross_entropy = dense(3)
}
train Odd { loss = cross_entropy(cross_entropy, label); optimizer = adam; metrics = [accuracy]; clip_norm = 1 }
"""


OTHERWISE = {
    "  loss = conv": "  a = conv", "metric =": "b =", "block optimizer": "block pair", "  optimizer(8)": "  pair(8)",
    "stack = optimizer": "c = pair", "clip = dense": "d = dense", "cross_entropy = dense": "e = dense",
    "cross_entropy(cross_entropy": "cross_entropy(e",
}  # fmt: skip


def test_layers_may_be_called_as_the_parts_of_a_step(tmp_path: Path) -> None:
    """Times of a net with such names go where those of the same net with other names go."""
    plain = ODD
    for word, other in OTHERWISE.items():
        assert word in plain
        plain = plain.replace(word, other)
    kinds = []
    for text in (ODD, plain):
        (tmp_path / "odd.net").write_text(text)
        trainer = netc.Trainer(netc.Model(netc.load(tmp_path / "odd.net"), device="cpu", target="std"))
        model = onnx.load_from_string(trainer.artifact.model)
        operators = [(node.name, node.op_type, 1e-3) for node in model.graph.node]
        found = profile(trainer.model.net, trainer.artifact, [Step(1.0, operators)], 4)
        times = ("forward_ms", "backward_ms", "update_ms")
        layers = [(row["type"], *(row[time] for time in times)) for row in found["layers"]]
        other = [(row["name"], *(row[time] for time in times)) for row in found["other"] if row["name"] in
                 ("loss", "metrics", "optimizer", "clip")]  # fmt: skip
        kinds.append((layers, sorted(other)))
        assert len(other) == 4
    assert kinds[0] == kinds[1]


def test_bench_says_why_its_two_steps_differ(file: Path) -> None:
    """The table's step and how it relates to the one above, in numbers that fit the two."""
    net = netc.load(str(file))
    found = measure(net, net.plan(), rounds=1, seconds=0.05)
    text = bench_text(found)
    shown = re.search(r"^table +a step of ([\d.,]+) ms, ([\d.]+) times the one above", text, re.M)
    assert shown is not None, text
    assert float(shown[1]) == pytest.approx(found["profile"]["step_ms"], abs=0.006)
    assert float(shown[2]) == pytest.approx(found["profile"]["step_ms"] / found["step_ms"]["median"], abs=0.006)
    last = next(line for line in profile_text(found["profile"]).splitlines() if line.startswith("step, profiled"))
    assert float(shown[1]) == pytest.approx(float(last.split()[-3]), abs=0.011)  # both are rounded
