"""What the text expects of a symbolic size is checked where arrays come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.compiler import Port
from netc.runtime.data import read_inputs
from netc.runtime.data.array_data import array_data
from netc.runtime.data.feed import feed
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable

TEXT = """
net A {
  input x: [T, 5]
  expect T % 2 == 0 and T >= 4
  y = dense(3) -> reshape([T // 2, 6])
}
"""


@pytest.mark.parametrize("length", [3, 5, 2])
def test_a_size_that_breaks_an_expectation_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(TEXT)
    model = netc.Model(netc.load(path), device="cpu")
    assert model(np.ones((2, 6, 5), np.float32)).shape == (2, 3, 6)
    with pytest.raises(netc.DiagnosticError, match=r"E556.*the net expects of `T`.*a multiple of 2 of at least 4"):
        model(np.ones((2, length, 5), np.float32))


def test_data_that_breaks_an_expectation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(TEXT + "train A { loss = mse(y, 0) }\n")
    np.savez(tmp_path / "odd.npz", x=np.ones((8, 5, 5), np.float32))
    trainer = netc.Trainer(netc.Model(netc.load(path), device="cpu"))
    with pytest.raises(netc.DiagnosticError, match=r"E504.*a multiple of 2 of at least 4"):
        trainer.fit(str(tmp_path / "odd.npz"))


def test_a_model_file_remembers_what_its_text_expects(tmp_path: Path) -> None:
    path = tmp_path / "a.net"
    path.write_text(TEXT)
    (tmp_path / "a.onnx").write_bytes(deployable(netc.load(path)))
    network = Deployed.open(tmp_path / "a.onnx")
    for length in (6, 5):
        np.save(tmp_path / f"{length}.npy", np.ones((2, length, 5), np.float32))
    assert read_inputs([str(tmp_path / "6.npy")], network.inputs).arrays["x"].shape == (2, 6, 5)
    with pytest.raises(netc.DiagnosticError, match=r"E504.*a multiple of 2 of at least 4"):
        read_inputs([str(tmp_path / "5.npy")], network.inputs)


def test_numbers_that_a_mask_hides_do_not_come_back(tmp_path: Path) -> None:
    """Without its mask an array shows what was hidden: refused wherever arrays come in. A mask of nothing is none."""
    net = netc.loads("net B { input x: 2; y = dense(1) }\ntrain B { loss = mse(y, t) }\n")
    x, t = np.arange(8, dtype=np.float32).reshape(4, 2), np.ones((4, 1), np.float32)
    hidden, shown = np.ma.masked_greater(x, 5), np.ma.masked_greater(x, 50)
    model = netc.Model(net, device="cpu")
    trainer = netc.Trainer(model, epochs=1)
    for refused in (
        lambda: model(hidden),
        lambda: model({"x": hidden}),
        lambda: trainer.step({"x": hidden, "t": t}),
        lambda: model.gradients({"x": hidden, "t": t}),
        lambda: trainer.evaluate({"x": hidden, "t": t}),
        lambda: trainer.fit((hidden, t), quiet=True),
        lambda: trainer.fit([(hidden, t)], quiet=True),
    ):
        with pytest.raises(netc.DiagnosticError, match=r"E557\] (an array|`x`) has 2 masked numbers"):
            refused()
    assert np.array_equal(model(shown), model(x))


@pytest.mark.parametrize("wrong", [300, -1])
@pytest.mark.parametrize("dtype", [np.int64, np.int16])
def test_numbers_that_a_byte_does_not_hold_are_refused(wrong: int, dtype: type) -> None:
    """And none becomes another: 300 was 44."""
    port: Port = {"name": "image", "shape": ["N", 2, 2, 3], "dtype": "uint8", "role": "data"}
    pixels = np.full((3, 2, 2, 3), 255, dtype)
    assert feed([port], pixels)["image"].tolist() == pixels.tolist()
    pixels[1, 1, 0, 2] = wrong
    for action in (lambda: feed([port], pixels), lambda: array_data({"image": pixels}, [port])):
        with pytest.raises(
            netc.DiagnosticError, match=rf"E558\] {wrong} in row 1 of `image`, where uint8 holds 0 to 255"
        ):
            action()


def test_whole_numbers_past_those_of_the_net_are_refused() -> None:
    port: Port = {"name": "x", "shape": ["N"], "dtype": "int64", "role": "data"}
    with pytest.raises(netc.DiagnosticError, match=r"E558.*18446744073709551615 in row 1 of `x`"):
        feed([port], np.array([0, 2**64 - 1], np.uint64))
