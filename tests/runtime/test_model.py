from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

import netc
from netc.compiler import Net, compile_inference
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.feed import feed
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.resident import Resident
from netc.runtime.sessions.session import Session

from .conftest import arrays


def codes(error: pytest.ExceptionInfo[DiagnosticError]) -> list[str]:
    return [found.code for found in error.value.diagnostics]


def numpy_forward(weights: dict[str, np.ndarray], image: np.ndarray) -> np.ndarray:
    """The tiny net by hand, float64."""
    w = {name: values.astype(np.float64) for name, values in weights.items()}
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64)[:, 0], (3, 3), axis=(1, 2))
    y = np.einsum("nhwij,oij->nohw", windows, w["conv1.weight"][:, 0])
    mean, var, scale, bias = (w[f"batchnorm1.{name}"][:, None, None] for name in
                              ("running_mean", "running_var", "weight", "bias"))  # fmt: skip
    y = np.maximum((y - mean) / np.sqrt(var + 1e-5) * scale + bias, 0)
    return y.reshape(len(y), -1) @ w["logits.weight"].T + w["logits.bias"]


def test_inference_is_what_numpy_computes(net: Net) -> None:
    model = netc.Model(net, device="cpu")
    image = arrays(7)["image"]
    np.testing.assert_allclose(model(image), numpy_forward(model.state_dict(), image), atol=1e-5)
    np.testing.assert_array_equal(model({"image": image}), model(image))


def test_taps_return_inner_values(net: Net) -> None:
    model = netc.Model(net, device="cpu")
    image = arrays(5)["image"]
    found = model(image, taps=["conv1", "hidden"])
    assert {name: values.shape for name, values in found.items()} == {
        "logits": (5, 3), "conv1": (5, 4, 4, 4), "hidden": (5, 64),
    }  # fmt: skip
    np.testing.assert_array_equal(found["logits"], model(image))
    with pytest.raises(DiagnosticError) as error:
        model(image, taps=["hiden"])
    assert codes(error) == ["E280"]


def test_gradients_point_where_the_loss_rises(net: Net) -> None:
    model = netc.Model(net, device="cpu", seed=3)
    batch = arrays(32)
    loss, gradients = model.gradients(batch)
    trainable = {parameter.name for parameter in net.parameters if parameter.trainable}
    assert gradients.keys() == trainable | {"image"}
    weights = model.state_dict()
    for name in sorted(trainable):
        size = 1e-2 / np.linalg.norm(gradients[name])
        moved = {sign: dict(weights) | {name: weights[name] + sign * size * gradients[name]} for sign in (1, -1)}
        losses = {}
        for sign, values in moved.items():
            model.load_state_dict(values)
            losses[sign] = model.gradients(batch)[0]
        expected = 2 * size * float((gradients[name] ** 2).sum())
        assert losses[1] - losses[-1] == pytest.approx(expected, rel=0.05), name
    assert loss > 0


def test_the_same_seed_gives_the_same_weights(net: Net) -> None:
    first, second, other = (netc.Model(net, device="cpu", seed=seed).state_dict() for seed in (1, 1, 2))
    assert all((first[name] == second[name]).all() for name in first)
    assert any((first[name] != other[name]).any() for name in first)


def test_weights_survive_a_file(net: Net, folder: Path) -> None:
    model = netc.Model(net, device="cpu", seed=1)
    model.save("w.safetensors")
    assert list(folder.glob(".*")) == []
    other = netc.Model(net, device="cpu", seed=2)
    other.load("w.safetensors")
    image = arrays(4)["image"]
    np.testing.assert_array_equal(model(image), other(image))
    assert load_file("w.safetensors").keys() == {parameter.name for parameter in net.parameters}


def test_a_state_dict_is_a_copy(net: Net) -> None:
    model = netc.Model(net, device="cpu")
    before = model.state_dict()
    netc.Trainer(model).step(arrays(16))
    assert (before["logits.weight"] != model.state_dict()["logits.weight"]).any()
    assert all((before[name] == netc.Model(net, device="cpu").state_dict()[name]).all() for name in before)


def test_weights_that_do_not_fit(net: Net) -> None:
    model = netc.Model(net, device="cpu")
    weights = model.state_dict()
    wrong = {**weights, "logits.bias": np.zeros(4, np.float32), "other": np.zeros(1)}
    del wrong["conv1.weight"]
    with pytest.raises(DiagnosticError) as error:
        model.load_state_dict(wrong)
    assert sorted(codes(error)) == ["E550", "E551", "E552"]
    assert all((weights[name] == model.state_dict()[name]).all() for name in weights)
    model.load_state_dict({"logits.bias": np.ones(3), "other": np.zeros(1)}, strict=False)
    assert model.state_dict()["logits.bias"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ({"image": np.zeros((2, 1, 6, 6), np.float32)}, ["E555"]),
        ({"image": np.zeros((2, 1, 6, 6)), "label": [0, 1], "lable": [0, 1]}, ["E555"]),
        ({"image": np.zeros((2, 1, 5, 6), np.float32), "label": [0, 1]}, ["E556"]),
        ({"image": np.zeros((2, 6, 6), np.float32), "label": [0, 1]}, ["E556"]),
        ({"image": np.zeros((2, 1, 6, 6), np.float32), "label": [0, 1, 2]}, ["E556"]),
        ({"image": np.zeros((2, 1, 6, 6), np.float32), "label": [0.0, 1.0]}, ["E557"]),
        ({"image": np.full((2, 1, 6, 6), "a"), "label": [0, 1]}, ["E557"]),
        ({"image": np.zeros((2, 1, 6, 6), np.float32), "label": [0, 3]}, ["E558"]),
        ({"image": np.zeros((2, 1, 6, 6), np.float32), "label": [-1, 0]}, ["E558"]),
        ({"image": np.zeros((2, 1, 7, 6), np.float32), "label": [-1, 0]}, ["E556", "E558"]),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit(net: Net, batch: dict[str, np.ndarray], expected: list[str]) -> None:
    model = netc.Model(net, device="cpu")
    with pytest.raises(DiagnosticError) as error:
        model.gradients(batch)
    assert codes(error) == expected


def test_what_is_given_is_checked_once(net: Net, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, asked = netc.Model(net, device="cpu"), []

    def feed_and_count(*given: Any, **how: Any) -> dict[str, np.ndarray]:
        asked.append(given)
        return feed(*given, **how)

    monkeypatch.setattr("netc.runtime.model.feed", feed_and_count)
    image, data = arrays(3)["image"], netc.open_data(str(folder / "data.npz"))
    for ask in (lambda: model(image), lambda: model.forward({"image": image}), lambda: model(data[0:3])):
        asked.clear()
        ask()
        assert len(asked) == 1


def test_optimized_and_plain_sessions_agree(net: Net) -> None:
    artifact = compile_inference(net, seed=4)
    feeds = {"image": arrays(9)["image"]}
    optimized, plain = (Session(artifact, CPU, optimize=optimize).run(feeds) for optimize in (True, False))
    np.testing.assert_allclose(optimized["logits"], plain["logits"], atol=1e-6)


def test_resident_tensors_alternate() -> None:
    resident = Resident(CPU)
    for name in ("moves", "stays"):
        resident.put(name, np.ones(2, np.float32))
    resident.double({"moves"})
    assert resident.current["stays"] is resident.other["stays"]
    resident.other["moves"].update_inplace(np.full(2, 5, np.float32))
    taken = resident.get("moves")
    resident.swap(frozenset({"moves"}))
    assert (resident.get("moves").tolist(), taken.tolist(), resident.get("stays").tolist()) == ([5, 5], [1, 1], [1, 1])


def test_compiled_bytes_are_equal_in_every_process(folder: Path) -> None:
    program = (
        "import hashlib, netc; net = netc.load('tiny.net', classes=4); "
        "print([hashlib.sha256(netc.compile(net, train=t).SerializeToString()).hexdigest() for t in (True, False)])"
    )
    outputs = {
        subprocess.run([sys.executable, "-c", program], cwd=folder, env={"PYTHONHASHSEED": seed}, check=True,
                       capture_output=True, text=True).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(outputs) == 1


def test_the_facade_is_light_until_it_is_used() -> None:
    program = (
        "import sys, netc; heavy = {'numpy', 'onnx', 'onnxruntime', 'rich'} & set(sys.modules); print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert {"Model", "Trainer", "load", "compile"} <= set(dir(netc))
    with pytest.raises(AttributeError, match="no attribute nothing"):
        netc.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda net: netc.Model("a.onnx"), "netc.Model takes a Net, not a str: write `netc.Model(netc.load("),
        (lambda net: netc.Trainer(net), "netc.Trainer takes a Model, not a Net: write `netc.Trainer(netc.Model("),
        (lambda net: netc.compile("a.net"), "netc.compile takes a Net, not a str: write `netc.compile(netc.load("),
        (lambda net: netc.graph("a.net"), "netc.graph takes a Net, not a str: write `netc.graph(netc.load("),
        (lambda net: netc.loads(None), "netc.loads takes a str, not a NoneType: write `netc.loads("),
    ],
)
def test_something_else_in_the_place_of_a_net_is_told(call: Callable[[Any], object], said: str) -> None:
    with pytest.raises(TypeError, match=re.escape(said)):
        call(netc.loads("net A { input x: 4; dense(2) }"))


@pytest.mark.parametrize("ending", ["pt", "PTH", "ckpt", "pkl", "npz", "npy", "onnx", "h5", "keras"])
def test_a_name_of_another_format_is_refused_before_a_byte_is_written(tmp_path: Path, ending: str) -> None:
    """Before: safetensors under that name, which `model.load` then took for what it was called, and refused."""
    model = netc.Model(netc.loads("net A { input x: 3; y = dense(2) }"), device="cpu")
    path = tmp_path / f"m.{ending}"
    with pytest.raises(DiagnosticError) as caught:
        model.save(path)
    (found,) = caught.value.diagnostics
    assert (found.code, found.help) == ("E562", f"call it `{tmp_path / 'm.safetensors'}`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["m.safetensors", "m", "m.v2", "m.bin"])
def test_what_is_saved_is_loaded_by_the_same_name(tmp_path: Path, name: str) -> None:
    model = netc.Model(netc.loads("net A { input x: 3; y = dense(2) }"), device="cpu", seed=1)
    model.save(tmp_path / name)
    again = netc.Model(model.net, device="cpu", seed=2)
    again.load(tmp_path / name)
    assert all(np.array_equal(again.state_dict()[key], value) for key, value in model.state_dict().items())
