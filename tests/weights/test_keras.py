"""Keras's files: its own, and such as were made to harm."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from weight_files import read

import netc
from netc.grammar.diagnostics import DiagnosticError

CNN = """net A {
  input image: 3x8x8
  conv1 = conv(4, 3x3, pad=same, act=relu)
  bn = batchnorm(epsilon=1e-3)
  dw = depthwise(3x3, pad=same)
  sep = { depthwise = depthwise(3x3, pad=same, bias=false); pointwise = conv(6, 1x1) }
  up = conv_transpose(5, 2x2, stride=2)
  maxpool(4x4) -> flatten
  fc = dense(20)
  logits = dense(20)
}"""
RNN = """net A {
  input tokens: int 7
  words = embedding(11, 6)
  lstm = lstm(5)
  both = gru(4, bidirectional=true)
  ln = layernorm(epsilon=1e-3)
  out = dense(3)
}"""


def made(keras: Any) -> list[tuple[Any, str, np.ndarray]]:
    """Two models with weights that are told apart, ours as text, and what they are given."""
    layers = keras.layers
    cnn = keras.Sequential([
        keras.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same", activation="relu", name="conv1"),
        layers.BatchNormalization(name="bn"), layers.DepthwiseConv2D(3, padding="same", name="dw"),
        layers.SeparableConv2D(6, 3, padding="same", name="sep"), layers.Conv2DTranspose(5, 2, strides=2, name="up"),
        layers.MaxPool2D(4), layers.Flatten(), layers.Dense(20, name="fc"), layers.Dense(20, name="logits"),
    ])  # fmt: skip
    rnn = keras.Sequential([
        keras.Input((7,)), layers.Embedding(11, 6, name="words"), layers.LSTM(5, return_sequences=True, name="lstm"),
        layers.Bidirectional(layers.GRU(4, return_sequences=True), name="both"),
        layers.LayerNormalization(name="ln"), layers.Dense(3, name="out"),
    ])  # fmt: skip
    random = np.random.default_rng(0)
    for weight in (*cnn.weights, *rnn.weights):
        low, high = (0.5, 1.5) if "variance" in weight.path else (-0.5, 0.5)
        weight.assign(random.uniform(low, high, weight.shape))
    return [(cnn, CNN, random.random((2, 8, 8, 3), np.float32)), (rnn, RNN, random.integers(0, 11, (2, 7)))]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
def test_kerass_own_files(ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    pytest.importorskip("h5py")
    keras = pytest.importorskip("keras")
    for model, text, x in made(keras):
        path = tmp_path / f"w{ending}"
        (model.save_weights if ending == ".weights.h5" else model.save)(path)
        ours = netc.Model(netc.loads(text), device="cpu")
        report = ours.load(path)
        assert not report.names("missing")
        given = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
        expected = keras.ops.convert_to_numpy(model(x))
        np.testing.assert_allclose(ours(given), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_without_h5py_there_is_a_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    (tmp_path / "w.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    for name in ("w.h5", "w.keras"):
        with pytest.raises(DiagnosticError) as caught:
            read(tmp_path / name)
        (finding,) = caught.value.diagnostics
        assert finding.code == "E573"
        assert finding.help == "install it: `pip install h5py`"


def hostile(h5py: Any, root: Any, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(1000))
    other = folder / "other.h5"
    with h5py.File(other, "w") as file:
        file["w"] = np.zeros(3)
    kind = root.attrs["kind"]
    layer = root.create_group("dense1")
    if kind == "huge":
        layer.create_dataset("kernel", (1 << 40,), "f4", chunks=(1024,), compression="gzip")
    elif kind == "linked":
        layer["kernel"] = h5py.ExternalLink(str(other), "/w")
    elif kind == "soft":
        layer["kernel"] = h5py.SoftLink("/dense1/kernel")
    elif kind == "external":
        layer.create_dataset("kernel", (10,), "f4", external=[(str(folder / "secret"), 0, 40)])
    elif kind == "virtual":
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "w", (3,))
        layer.create_virtual_dataset("kernel", layout)
    elif kind == "itself":
        layer["kernel"] = layer
    elif kind == "text":
        layer["kernel"] = "text"


@pytest.mark.parametrize("kind", ["huge", "linked", "soft", "external", "virtual", "itself", "text", "empty"])
def test_what_lies_elsewhere_or_claims_too_much(kind: str, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as root:
        root.attrs["kind"] = kind
        hostile(h5py, root, tmp_path)
    with pytest.raises(DiagnosticError, match="E553"):
        read(tmp_path / "w.h5")


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as root:
        root["dense1/dense1/kernel:0"] = np.zeros((3, 4), np.float32)
    content = (tmp_path / "w.h5").read_bytes()
    for end in range(8, len(content), 150):
        (tmp_path / "cut.h5").write_bytes(content[:end])
        with pytest.raises(DiagnosticError, match="E553"):
            read(tmp_path / "cut.h5")
    assert read(tmp_path / "w.h5").tensors["dense1.kernel"].shape == (3, 4)


LEGACY = {
    "a model in a model": (
        ("base/conv1/kernel:0", "base/conv1/bias:0", "base/conv2/kernel:0", "dense/dense/kernel:0"),
        ("base.conv1.kernel", "base.conv1.bias", "base.conv2.kernel", "dense.kernel"),
    ),
    "attention": (
        ("attention/attention/query/kernel:0", "attention/attention/key/kernel:0"),
        ("attention.query.kernel", "attention.key.kernel"),
    ),
    "one of each leaf": (
        ("conv1/model/conv1/kernel:0", "conv1/model/conv1/bias_1:0", "fc/fc_W"),
        ("conv1.kernel", "conv1.bias", "fc.kernel"),
    ),
    "both directions": (
        ("both/forward_gru/gru_cell/kernel:0", "both/backward_gru/gru_cell/kernel:0"),
        ("both.forward_gru.kernel", "both.backward_gru.kernel"),
    ),
    "numbers alone": (("own/own/w_1:0", "own/own/w_2:0"), ("own.w_1", "own.w_2")),
}


@pytest.mark.parametrize(("paths", "names"), LEGACY.values(), ids=LEGACY)
def test_layers_keep_all_their_tensors(paths: tuple[str, ...], names: tuple[str, ...], tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as root:
        for number, path in enumerate(paths):
            root[f"model_weights/{path}"] = np.full(2, number, np.float32)
    found = read(tmp_path / "w.h5").tensors
    assert {name: array[0] for name, array in found.items()} == {name: at for at, name in enumerate(names)}


def test_layers_that_come_to_one_name_are_refused(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as root:
        root["a/x/kernel:0"] = root["a/y/kernel:0"] = root["a.x/kernel:0"] = np.zeros(2)
    with pytest.raises(
        DiagnosticError, match=r"E553.*come to the name `a.x.kernel`: `a/x/kernel:0` and `a.x/kernel:0`"
    ):
        read(tmp_path / "w.h5")
