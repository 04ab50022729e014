from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace

import onnx
import pytest
from onnx import TensorProto, helper

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices import device, installation
from netc.runtime.devices.device import CPU, ONE_NODE, Device, probe, quiet, resolve
from netc.runtime.devices.target import slower_than_it_could, target_for

from .conftest import Run


def test_the_probe_is_the_model_it_claims_to_be() -> None:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy")
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "g", [x], [y])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(made)
    assert onnx.load_from_string(ONE_NODE) == made


def test_the_cpu_works() -> None:
    assert probe("cpu") is None
    assert resolve("cpu") == Device("cpu")


def test_auto_falls_back_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "probe", lambda name: "no NVIDIA driver found")
    said: list[str] = []
    assert resolve("auto", said.append).name == "cpu"
    assert said == ["cpu, because no NVIDIA driver found"]


def test_cuda_that_works_is_taken_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "probe", lambda name: None)
    assert resolve("auto").name == "cuda"
    name, options = resolve("cuda").providers[0]
    assert name == "CUDAExecutionProvider"
    assert options["use_tf32"] == "0"


def test_cuda_that_does_not_work_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "probe", lambda name: "no NVIDIA driver found")
    with pytest.raises(DiagnosticError) as caught:
        resolve("cuda")
    (found,) = caught.value.diagnostics
    assert (found.code, found.notes) == ("E601", ("no NVIDIA driver found",))
    assert "onnxruntime-gpu[cuda,cudnn]" in (found.help or "")


def test_an_unknown_device_is_told_the_known_ones() -> None:
    with pytest.raises(DiagnosticError) as caught:
        resolve("cuda0")
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("E603", "use `cuda`")


def test_an_empty_module_is_told_with_its_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace())
    monkeypatch.setattr(installation, "onnxruntime_distributions", lambda: {"onnxruntime-gpu": "1.31.1"})
    with pytest.raises(DiagnosticError) as caught:
        device.runtime()
    (found,) = caught.value.diagnostics
    assert found.code == "E602"
    assert "--force-reinstall --no-deps onnxruntime-gpu" in (found.help or "")


def test_two_distributions_are_a_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"onnxruntime": "1.32.0", "onnxruntime-gpu": "1.31.1"}
    monkeypatch.setattr(installation, "onnxruntime_distributions", lambda: both)
    (conflict,) = installation.conflicts()
    assert "both installed" in conflict["problem"]
    assert conflict["repair"].startswith("python -m pip uninstall --yes onnxruntime onnxruntime-gpu && ")


def test_noise_of_libraries_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet() as noise:
        os.write(1, b"to stdout\n")
        os.write(2, b"to stderr\n")
        print("from Python")
        print("and its stderr", file=sys.stderr)
    assert noise() == "from Python\nand its stderr\nto stdout\nto stderr\n"
    assert capfd.readouterr() == ("", "")


def test_env_as_json_and_as_text(run: Run) -> None:
    done = run("env", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["version"] == 1
    target = target_for(CPU)
    advice = slower_than_it_could(CPU, target)
    assert found["devices"]["cpu"] == {"works": True, "reason": None, "target": target, "advice": advice}
    assert found["packages"]["onnx"] == onnx.__version__
    assert (found["devices"]["cuda"]["reason"] is None) == found["devices"]["cuda"]["works"]
    assert "cpu" in run("env").stdout
