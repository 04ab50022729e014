"""Whatever fields, inputs and values are called: outputs are found by their role, and results keep their names."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler import compile_inference, compile_training, compile_update, said
from netc.grammar.documents import checked
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable

NAMES = ["loss", "accuracy", "step", "seed", "learning_rate", "epoch", "loss_scale"]
REST = "optimizer = adam; metrics = [accuracy]; batch = 16; epochs = 2"
random = np.random.default_rng(0)
X, LABELS = random.standard_normal((40, 4)).astype(np.float32), random.integers(0, 3, 40)
NUMBERS = random.standard_normal((40, 3)).astype(np.float32)


def trained(text: str, rows: dict[str, np.ndarray], folder: Path) -> list[dict[str, float]]:
    """A training with its held-out measures; the model that stands alone must measure the same."""
    file = folder / "a.net"
    file.write_text(text)
    model = netc.Model(netc.load(file), device="cpu")
    trainer = netc.Trainer(model)
    history = trainer.fit(rows, validation=rows, out=folder / "run")
    model.gradients(rows)
    (folder / "a.onnx").write_bytes(deployable(model.net, weights=model.state_dict()))
    network = Deployed.open(folder / "a.onnx")
    read = [port["name"] for port in (*network.inputs, *network.targets)]
    count, measured = network.evaluate({name: rows[name] for name in read})
    expected = {name.removeprefix("validation_"): history[-1][name] for name in history[-1] if "validation" in name}
    assert count == 40
    assert measured == pytest.approx(expected, rel=1e-5)
    return history


@pytest.fixture
def usual(tmp_path: Path) -> list[dict[str, float]]:
    """The same net with other names."""
    (tmp_path / "usual").mkdir()
    text = "net A { input x: 4\n logits = dense(3) }\ntrain A { loss = cross_entropy(logits, label); " + REST + " }"
    return without_time(trained(text, {"x": X, "label": LABELS}, tmp_path / "usual"))


def without_time(history: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{name: value for name, value in record.items() if name != "seconds"} for record in history]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_field(name: str, usual: list[dict[str, float]], tmp_path: Path) -> None:
    text = f"net A {{ input x: 4\n logits = dense(3) }}\ntrain A {{ loss = cross_entropy(logits, {name}); {REST} }}"
    assert without_time(trained(text, {"x": X, name: LABELS}, tmp_path)) == usual


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_input(name: str, usual: list[dict[str, float]], tmp_path: Path) -> None:
    text = f"net A {{ input {name}: 4\n logits = dense(3) }}\ntrain A {{ loss = cross_entropy(logits, label); {REST} }}"
    assert without_time(trained(text, {name: X, "label": LABELS}, tmp_path)) == usual


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_value(name: str, usual: list[dict[str, float]], tmp_path: Path) -> None:
    """Its weights are others, as it has another name: what is compared is what is recorded."""
    text = f"net A {{ input x: 4\n {name} = dense(3) }}\ntrain A {{ loss = cross_entropy({name}, label); {REST} }}"
    history = trained(text, {"x": X, "label": LABELS}, tmp_path)
    assert [list(record) for record in without_time(history)] == [list(record) for record in usual]
    assert checked(json.loads((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()[-1])) == history[-1]


def test_everything_at_once(tmp_path: Path) -> None:
    text = (
        "net A { input loss: 4\n h = dense(4)\n accuracy = dense(3) }\n"
        "train A { loss = [loss: cross_entropy(accuracy, label), accuracy: mse(accuracy, step), step: mse(h, loss)]\n"
        f"{REST} }}"
    )
    (record, _) = trained(text, {"loss": X, "label": LABELS, "step": NUMBERS}, tmp_path)
    terms = [record[f"loss.{name}"] for name in ("loss", "accuracy", "step")]
    assert record["loss"] == pytest.approx(sum(terms), rel=1e-5)
    assert 0 <= record["accuracy"] <= 1


@pytest.mark.filterwarnings("ignore:the held-out loss is less")
def test_a_head_of_training_with_a_field_of_its_own(tmp_path: Path) -> None:
    text = (
        "net A { input x: 4\n h = dense(8)\n train only { aux = h -> dense(3) }\n logits = h -> dense(3) }\n"
        f"train A {{ loss = cross_entropy(logits, label) + mse(aux, loss); {REST} }}"
    )
    trained(text, {"x": X, "label": LABELS, "loss": NUMBERS}, tmp_path)


def test_the_manifest_says_what_a_renamed_port_is_called(tmp_path: Path) -> None:
    file = tmp_path / "a.net"
    file.write_text("net A { input x: 4\n logits = dense(3) }\ntrain A { loss = cross_entropy(logits, loss) }")
    net = netc.load(file)
    ports = {said(port): port["name"] for port in compile_training(net).manifest["outputs"] if port["role"] == "loss"}
    assert ports == {"loss": "loss_1"}
    assert "text" not in json.dumps(compile_inference(net).manifest)


def test_an_update_of_an_input_that_is_called_like_a_number_of_ours(tmp_path: Path) -> None:
    from dataclasses import replace

    file = tmp_path / "a.net"
    file.write_text("net A { input step: 4\n y = dense(3) }\ntrain A { loss = mse(y, learning_rate) }")
    net = netc.load(file)
    plan = net.plan()
    moving = replace(plan, steps=(replace(plan.only, trains=("step",)),))
    inputs = compile_update(net, moving).manifest["inputs"]
    assert [port["name"] for port in inputs if port["role"] == "data"] == ["step"]
    assert [port["name"] for port in inputs if port["role"] == "step"] == ["step_1"]
