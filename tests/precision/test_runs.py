"""Runs in mixed precision: refused where the device lacks it; elsewhere checkpoints carry the loss scale."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import netc.cli
from netc.compiler import SMALLEST_SCALE, Options, load, probe_precision
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime import model as model_module
from netc.runtime.devices import precision as precision_module
from netc.runtime.devices.device import CPU, Device, resolve
from netc.runtime.devices.precision import check_precision
from netc.runtime.model import Model
from netc.runtime.training.trainer import Trainer

from .networks import NORMALIZED, batch

MIXED = Options(precision="mixed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with net.net and data.npz."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.net").write_text(NORMALIZED)
    np.savez(tmp_path / "data.npz", **batch(60))
    return tmp_path


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU that counts as having every precision: ONNX Runtime casts where it has no kernel."""
    monkeypatch.setattr(precision_module, "HAS", {"cpu": ("float32", "mixed", "bfloat16")})
    monkeypatch.setattr(model_module, "target_for", lambda device: "std")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """How `netc` ended, and what it said."""
    code = netc.cli.run(arguments)
    return code, capsys.readouterr().err


@pytest.mark.parametrize("precision", ["mixed", "bfloat16"])
def test_a_cpu_is_refused(folder: Path, capsys: pytest.CaptureFixture[str], precision: str) -> None:
    code, said = run(capsys, "train", "net.net", "--data", "data.npz", "--device", "cpu", "--precision", precision)
    assert code != 0
    assert "E605" in said
    assert precision in said
    assert "--precision float32" in said
    assert not (folder / "runs").exists()


def test_tf32_on_a_cpu_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(capsys, "train", "net.net", "--data", "data.npz", "--device", "cpu", "--tf32")
    assert code != 0
    assert "E605" in said
    assert "TF32" in said


@pytest.mark.parametrize("option", [["--precision", "mixed"], ["--tf32"]])
@pytest.mark.usefixtures("folder")
def test_bench_takes_them_too(capsys: pytest.CaptureFixture[str], option: list[str]) -> None:
    code, said = run(capsys, "bench", "net.net", "--device", "cpu", *option)
    assert (code, "E605" in said) == (4, True)


def test_tf32_is_off_unless_asked_for() -> None:
    assert Device("cuda").providers[0][1]["use_tf32"] == "0"
    assert Device("cuda", tf32=True).providers[0][1]["use_tf32"] == "1"
    assert resolve("cpu") == CPU


def test_a_device_that_only_says_it_has_it_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    check_precision(Device("cuda"), "float32")  # nothing to try
    monkeypatch.setattr(precision_module, "HAS", {"card": ("float32", "mixed", "bfloat16")})
    monkeypatch.setattr(Device, "providers", ["CPUExecutionProvider"])
    card = Device("card")
    check_precision(card, "mixed")
    with pytest.raises(DiagnosticError) as caught:
        check_precision(card, "bfloat16")
    assert caught.value.diagnostics[0].code == "E605"
    assert "NOT_IMPLEMENTED" in caught.value.diagnostics[0].notes[0]


@pytest.mark.parametrize("precision", ["mixed", "bfloat16"])
def test_the_probe_by_reference(precision: str) -> None:
    import onnx
    from onnx.reference import ReferenceEvaluator

    model = onnx.load_from_string(probe_precision(precision))  # type: ignore[arg-type]
    onnx.checker.check_model(model, full_check=True)
    x = np.array([1.0, 2.0, 3.0, 4.0], np.float32).reshape(1, 1, 2, 2)
    assert ReferenceEvaluator(model).run(None, {"x": x})[0].tolist() == [[[[30.0]]]]


@pytest.mark.usefixtures("able")
def test_a_run_resumes_to_the_bit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["train", "net.net", "--data", "data.npz", "--device", "cpu", "--precision", "mixed"]
    assert run(capsys, *common, "--epochs", "4", "--out", "whole")[0] == 0
    assert run(capsys, *common, "--epochs", "2", "--out", "parts")[0] == 0
    assert json.loads((folder / "parts/run.json").read_text())["precision"] == "mixed"
    assert run(capsys, "train", "--resume", "parts", "--epochs", "4")[0] == 0
    whole, parts = load_file("whole/last.safetensors"), load_file("parts/last.safetensors")
    assert whole.keys() == parts.keys() >= {"loss_scale", "good_steps"}
    assert whole["good_steps"] > 10
    for name, array in whole.items():
        np.testing.assert_array_equal(parts[name], array, err_msg=name)
    code, said = run(capsys, "train", "--resume", "parts", "--precision", "float32")
    assert code == 2
    assert "--precision" in said


@pytest.fixture
def trainer(folder: Path, able: None) -> Trainer:
    return Trainer(Model(load("net.net"), "cpu"), options=MIXED)


def poisoned() -> dict[str, np.ndarray]:
    rows = batch()
    rows["image"][0] = 3e38  # a number, but none of float16
    return rows


def test_a_skipped_step_is_no_divergence(trainer: Trainer) -> None:
    trainer.step(batch())
    before = trainer.checkpoint()
    assert not np.isfinite(trainer.step(poisoned())["loss"])
    after = trainer.checkpoint()
    assert after["loss_scale"] == before["loss_scale"] / 2
    assert after["good_steps"] == 0
    for name in before.keys() - {"loss_scale", "good_steps"}:
        np.testing.assert_array_equal(after[name], before[name], err_msg=name)
    assert np.isfinite(trainer.step(batch())["loss"])
    assert trainer.checkpoint()["good_steps"] == 1


def test_it_diverges_when_no_scale_helps(trainer: Trainer) -> None:
    first = float(trainer.state.get("loss_scale"))
    for _ in range(round(np.log2(first / SMALLEST_SCALE))):
        trainer.step(poisoned())
    assert trainer.state.get("loss_scale") == SMALLEST_SCALE  # which no step has tried yet
    with pytest.raises(DiagnosticError) as caught:
        trainer.step(poisoned())
    assert caught.value.diagnostics[0].code == "E701"
    assert trainer.state.get("loss_scale") == first


def test_an_epoch_without_a_finite_loss_diverges(trainer: Trainer) -> None:
    with pytest.raises(DiagnosticError) as caught:
        trainer.fit(poisoned(), epochs=1)
    assert caught.value.diagnostics[0].code == "E701"


def test_a_bad_batch_does_not_spoil_the_epoch(trainer: Trainer) -> None:
    rows = {name: np.concatenate([array, batch(24)[name]]) for name, array in poisoned().items()}
    record = trainer.fit(rows, epochs=1)[0]
    assert np.isfinite(record["loss"])
