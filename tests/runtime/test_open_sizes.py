"""Sizes that a net cannot take are refused wherever data comes in, and the others are computed with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import netc
from netc.runtime.data import read_inputs
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable

CASES = {
    "conv(4, 7x7) -> global_avgpool": ("[3, H, W]", "3xSx9", 7, None),
    "conv(4, 3x3, dilation=4) -> global_avgpool": ("[3, H, W]", "3xSx9", 9, None),
    "maxpool(3x3) -> global_avgpool": ("[3, H, W]", "3x9xS", 3, None),
    "maxpool(2x2) -> conv(4, 5x5) -> maxpool(3x3) -> global_avgpool": ("[3, H, W]", "3xSx20", 14, None),
    "slice(10) -> mean(axis=0)": ("[T, 3]", "Sx3", 11, None),
    "slice(0, 8) -> mean(axis=0)": ("[T, 3]", "Sx3", 8, None),
    "slice(-8) -> mean(axis=0)": ("[T, 3]", "Sx3", 8, None),
    "crop(8) -> global_avgpool": ("[3, H, W]", "3xSx20", 17, None),
    "crop(size=8x8) -> global_avgpool": ("[3, H, W]", "3xSx20", 8, None),
    "pad(4, mode=reflect) -> global_avgpool": ("[3, H, W]", "3xSx20", 5, None),
    "positional(kind=learned, length=4) -> mean(axis=0)": ("[T, 3]", "Sx3", 1, 4),
    "conv(3, 3) -> transpose([1, 0]) -> positional(kind=learned, length=4) -> mean(axis=0)": ("[3, T]", "3xS", 3, 6),
    "transpose([1, 0]) -> positional(kind=learned, length=9) -> slice(2, step=3) -> mean(axis=0)": (
        "[3, T]",
        "3xS",
        3,
        9,
    ),
}


@pytest.mark.parametrize("flow", CASES)
def test_a_net_takes_the_sizes_that_its_layers_fit(flow: str, tmp_path: Path) -> None:
    shape, row, least, most = CASES[flow]
    (tmp_path / "a.net").write_text(
        f"net A {{ input x: {shape}; y = {flow} -> dense(2) }}\ntrain A {{ loss = mse(y, 0); epochs = 1 }}\n"
    )
    net = netc.load(tmp_path / "a.net")
    (tmp_path / "a.onnx").write_bytes(deployable(net))
    network = Deployed.open(tmp_path / "a.onnx")
    model = netc.Model(net, device="cpu")
    for size in {least, most or least + 5}:
        rows = np.ones([5, *map(int, row.replace("S", str(size)).split("x"))], np.float32)
        assert model(rows).shape == (5, 2)
        netc.Trainer(netc.Model(net, device="cpu")).fit({"x": rows})
    for size in {least - 1, 0 if most is None else most + 1} - {0}:
        rows = np.ones([5, *map(int, row.replace("S", str(size)).split("x"))], np.float32)
        said = rf"at least {least}|between {least} and {most}|at most {most}"
        with pytest.raises(netc.DiagnosticError, match=rf"E556.*({said})"):
            model(rows)
        np.savez(tmp_path / "rows.npz", x=rows)
        np.save(tmp_path / "rows.npy", rows)
        with pytest.raises(netc.DiagnosticError, match=rf"E504.*({said})"):
            netc.Trainer(netc.Model(net, device="cpu")).fit(str(tmp_path / "rows.npz"))
        with pytest.raises(netc.DiagnosticError, match=rf"E504.*({said})"):
            read_inputs([str(tmp_path / "rows.npy")], network.inputs)


def test_what_two_sizes_say_together_is_told_after_the_run() -> None:
    net = netc.loads("net A { input x: [T, 3]; input z: [S, 3]; (x -> slice(0, z.shape[0])) + z }")
    model = netc.Model(net, device="cpu")
    assert model({"x": np.ones((1, 5, 3), "f4"), "z": np.ones((1, 4, 3), "f4")}).shape == (1, 4, 3)
    with pytest.raises(netc.DiagnosticError, match=r"E558.*cannot take inputs of these sizes.*`S`, `T`"):
        model({"x": np.ones((1, 4, 3), "f4"), "z": np.ones((1, 5, 3), "f4")})


def test_a_summary_says_which_sizes_fit() -> None:
    net = netc.loads(
        "net A { input x: [3, H, W]; expect W % 4 == 0 and W <= 90; maxpool(2x2) -> conv(4, 5x5) -> global_avgpool }"
    )
    assert net.summary()["sizes"] == {
        "H": {"minimum": 10, "divisor": 1},
        "W": {"minimum": 12, "maximum": 88, "divisor": 4},
    }
    assert "sizes        H at least 10, W a multiple of 4 between 12 and 88" in str(net.summary())
