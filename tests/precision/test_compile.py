"""`netc compile --train --precision`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

import netc
from netc.compiler.model_checksum import sealed_model
from netc.compiler.training.loss_scaling import START

from .networks import NORMALIZED


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with net.net."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.net").write_text(NORMALIZED)
    return tmp_path


def run(*arguments: str) -> int:
    """How `netc` ended."""
    return netc.cli.run(arguments)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("precision", ["mixed", "bfloat16"])
def test_a_step_for_cuda_is_written_anywhere(precision: str) -> None:
    arguments = ("compile", "net.net", "--train", "--target", "cuda", "--precision", precision)
    assert run(*arguments, "-o", "step.onnx") == 0
    onnx.checker.check_model("step.onnx", full_check=True)
    start = load_file("step.safetensors")
    assert ("loss_scale" in start) == (precision == "mixed")
    assert precision != "mixed" or start["loss_scale"] == START
    again = netc.compile(netc.load("net.net"), True, target="cuda", options=netc.Options(precision=precision))
    assert sealed_model(again.SerializeToString(deterministic=True)) == Path("step.onnx").read_bytes()


@pytest.mark.usefixtures("folder")
def test_a_checkpoint_goes_on_with_its_loss_scale() -> None:
    arguments = ("compile", "net.net", "--train", "--precision", "mixed")
    assert run(*arguments, "-o", "step.onnx") == 0
    kept = load_file("step.safetensors") | {"loss_scale": np.array(4096, np.float32)}
    save_file(kept, "kept.safetensors")
    assert run(*arguments, "-o", "next.onnx", "--weights", "kept.safetensors") == 0
    assert load_file("next.safetensors")["loss_scale"] == 4096


@pytest.mark.usefixtures("folder")
def test_refusals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compile", "net.net", "-o", "x.onnx", "--precision", "mixed") == 2
    assert "--train" in capsys.readouterr().err
    assert run("compile", "net.net", "-o", "x.onnx", "--train", "--precision", "mixed", "--target", "cpu") == 4
    assert "E605" in capsys.readouterr().err
    assert not Path("x.onnx").exists()
