"""`netc compile`: what it writes, and that it never leaves half a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file, save_file

import netc.cli as cli
from netc.compiler.targets import TARGETS

MODEL = """net Small(classes = 10) {
  input image: 1x8x8
  skip = conv(4, 3x3, pad=same, bias=false) -> batchnorm -> relu
  conv(4, 3x3, pad=same)
  add(skip)
  logits = flatten -> dense(classes)
}
train Small { loss = cross_entropy(logits, label); optimizer = adam(lr=1e-3); metrics = [accuracy] }
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("m.net").write_text(MODEL, "utf-8")
    return tmp_path


def compile_to(path: str, *options: str) -> bytes:
    assert cli.run(["compile", "m.net", "-o", path, *options]) == 0
    return Path(path).read_bytes()


def manifest(model: bytes) -> dict[str, Any]:
    found = {item.key: item.value for item in onnx.load_from_string(model).metadata_props}
    return dict(json.loads(found["netc.manifest"]))


def answers(path: str, image: np.ndarray[Any, Any]) -> Any:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"image": image})[0]


@pytest.mark.parametrize("options", [(), ("--train",)])
def test_same_bytes_twice(options: tuple[str, ...]) -> None:
    assert compile_to("a.onnx", *options) == compile_to("b.onnx", *options)


def test_seed_draws_other_weights() -> None:
    image = np.ones((2, 1, 8, 8), np.float32)
    compile_to("a.onnx")
    compile_to("b.onnx", "--seed", "1")
    assert not np.array_equal(answers("a.onnx", image), answers("b.onnx", image))


def test_settings_and_batch() -> None:
    model = manifest(compile_to("a.onnx", "--set", "classes=3", "--batch", "5"))
    assert model["inputs"][0]["shape"] == [5, 1, 8, 8]
    assert model["outputs"][0]["shape"] == [5, 3]
    assert answers("a.onnx", np.zeros((5, 1, 8, 8), np.float32)).shape == (5, 3)


@pytest.mark.quick(2)
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_is_written_and_named(target: str) -> None:
    assert manifest(compile_to("a.onnx", "--train", "--target", target))["target"] == target


def test_lowerings_are_forced_by_name() -> None:
    usual = compile_to("a.onnx", "--train", "--target", "cuda")
    forced = compile_to("b.onnx", "--train", "--target", "cuda", "--lowering", "ConvWeightGradient=swapped")
    assert usual != forced


def test_training_comes_with_all_it_needs_to_start() -> None:
    model = compile_to("step.onnx", "--train", "--batch", "4")
    start = load_file("step.safetensors")
    ports = {port["name"]: port for port in manifest(model)["inputs"]}
    assert set(start) == {name for name, port in ports.items() if port["role"] in ("param", "state")}
    feed = {
        **start,
        "image": np.random.default_rng(0).random((4, 1, 8, 8), np.float32),
        "label": np.array([1, 2, 3, 4]),
        "learning_rate": np.array(0.01, np.float32),
    }
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    losses = []
    for step in range(8):
        clock = {"seed": np.array(0), "step": np.array(step)}
        given = {**feed, **clock}
        found = dict(zip(names, session.run(None, {i.name: given[i.name] for i in session.get_inputs()}), strict=True))
        losses.append(float(found["loss"]))
        feed |= {name.removesuffix(".next"): value for name, value in found.items() if name.endswith(".next")}
    assert losses[-1] < losses[0] / 2


def test_weights_of_a_file() -> None:
    compile_to("step.onnx", "--train", "--seed", "3")
    compile_to("a.onnx", "--seed", "3")
    compile_to("b.onnx", "--weights", "step.safetensors")
    image = np.random.default_rng(1).random((2, 1, 8, 8), np.float32)
    assert np.array_equal(answers("a.onnx", image), answers("b.onnx", image))


def test_training_goes_on_from_kept_state() -> None:
    compile_to("step.onnx", "--train")
    kept = {name: value + 1 for name, value in load_file("step.safetensors").items()}
    save_file(kept, "kept.safetensors")
    compile_to("again.onnx", "--train", "--weights", "kept.safetensors")
    again = load_file("again.safetensors")
    assert set(again) == set(kept)
    assert all(np.array_equal(again[name], kept[name]) for name in kept)


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("change", "code"), [("missing", "E550"), ("unknown", "E551"), ("shape", "E552"), ("garbage", "E553")]
)
def test_weights_that_do_not_fit(change: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    compile_to("step.onnx", "--train")
    weights = load_file("step.safetensors")
    name = next(name for name in weights if name.endswith("dense1.weight"))
    if change == "missing":
        del weights[name]
    elif change == "unknown":
        weights["other"] = np.zeros(3, np.float32)
    elif change == "shape":
        weights[name] = weights[name][:, :-1].copy()
    save_file(weights, "w.safetensors")
    if change == "garbage":
        Path("w.safetensors").write_bytes(b"nothing of the kind")
    capsys.readouterr()
    assert cli.run(["compile", "m.net", "-o", "x.onnx", "--weights", "w.safetensors"]) == 5
    assert f"error[{code}]" in capsys.readouterr().err
    assert not Path("x.onnx").exists()


def test_a_failure_leaves_the_old_file() -> None:
    before = compile_to("a.onnx")
    Path("m.net").write_text(MODEL.replace("add(skip)", "add(skpi)"), "utf-8")
    assert cli.run(["compile", "m.net", "-o", "a.onnx"]) == 3
    assert Path("a.onnx").read_bytes() == before
    assert {path.name for path in Path().iterdir()} == {"m.net", "a.onnx"}


def test_says_what_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    compile_to("a.onnx")
    said = capsys.readouterr()
    assert said.out == ""
    first, second = said.err.splitlines()
    assert first.startswith("wrote a.onnx (")
    assert first.endswith("net Small, 2,762 parameters")
    assert second == "next: netc predict a.onnx INPUT"
