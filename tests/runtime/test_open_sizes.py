"""Sizes that a net cannot take are refused wherever data comes in, and the others are computed with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from warm import netc_in

import netc
from netc.compiler import Along
from netc.runtime.data import read_inputs
from netc.runtime.inside.probing import Probe
from netc.runtime.runs.deployed import Deployed
from netc.runtime.runs.export import deployable
from tests.support.repairs import errors

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


@pytest.mark.quick(1)
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


def test_an_axis_of_fewer_places_is_told() -> None:
    (found,) = errors("net A { input x: [T, 3]; expect T <= 4; roll(5) -> mean(axis=0) }")
    assert (found.code, found.message) == ("E301", "5 places of an axis of T, which is less")


TOGETHER = {
    "input x: [1, H, W]; flatten(from=1) -> maxpool(4)": ({"x": (1, 2, 2)}, {"x": (1, 1, 2)}),
    "input x: [1, T, T]; flatten(from=1) -> maxpool(9)": ({"x": (1, 3, 3)}, {"x": (1, 2, 2)}),
    "input x: [1, H, W]; flatten(from=1) -> pad(5, mode=reflect)": ({"x": (1, 2, 3)}, {"x": (1, 2, 2)}),
    "input x: [1, H, W]; flatten(from=1) -> slice(0, -5, axis=1)": ({"x": (1, 2, 3)}, {"x": (1, 2, 2)}),
    "input x: [1, H, W]; flatten(from=1) -> slice(5, axis=1)": ({"x": (1, 2, 3)}, {"x": (1, 2, 2)}),
    "input x: [1, H, W]; flatten(from=1) -> crop(size=5)": ({"x": (1, 1, 5)}, {"x": (1, 2, 2)}),
    "input x: [T, 3]; input z: [S, 3]; a = z -> max(axis=0); x -> slice(S) -> max(axis=0) -> add(a)":
        ({"x": (4, 3), "z": (3, 3)}, {"x": (3, 3), "z": (4, 3)}),
    "input x: [T, 3]; input z: [S, 3]; (x -> slice(0, S)) + z":
        ({"x": (4, 3), "z": (3, 3)}, {"x": (3, 3), "z": (4, 3)}),
    "input x: [T, 3]; input z: [S, 3]; concat(x, z, axis=0) -> transpose([1, 0]) -> maxpool(6)":
        ({"x": (4, 3), "z": (2, 3)}, {"x": (2, 3), "z": (3, 3)}),
}  # fmt: skip


@pytest.mark.quick(1)
@pytest.mark.parametrize("body", TOGETHER)
def test_what_several_sizes_say_together_is_asked_before_a_run(body: str, tmp_path: Path) -> None:
    right, wrong = ({name: np.ones((2, *row), np.float32) for name, row in rows.items()} for rows in TOGETHER[body])
    net = netc.loads(f"net A {{ {body.replace('; ', chr(10))} }}")
    model = netc.Model(net, device="cpu")
    assert model(right).size
    with pytest.raises(netc.DiagnosticError, match=r"E558.*cannot take inputs of these sizes"):
        model(wrong)
    (tmp_path / "a.onnx").write_bytes(deployable(net))
    network = Deployed.open(tmp_path / "a.onnx")
    assert np.array_equal(next(iter(network.run(right).values())), model(right))
    with pytest.raises(netc.DiagnosticError, match=r"E558.*cannot take inputs of these sizes"):
        network.run(wrong)


def test_one_name_is_one_size_in_all_inputs(tmp_path: Path) -> None:
    net = netc.loads("net A { input x: [T, 3]; input z: [T, 3]; y = concat(x, z, axis=1) -> mean(axis=0) }")
    (tmp_path / "a.onnx").write_bytes(deployable(net))
    x, z = np.ones((2, 5, 3), np.float32), np.ones((2, 4, 3), np.float32)
    network = Deployed.open(tmp_path / "a.onnx")
    assert network.run({"x": x, "z": x})["y"].shape == (2, 6)
    for wrong, axis in (({"x": x, "z": z}, r"`z` has 4 on axis 1, where `x` has 5.*the same T"),
                        ({"x": x, "z": x[:1]}, r"`z` has 1 on axis 0, where `x` has 2.*the same N")):  # fmt: skip
        for answer in (network.run, netc.Model(net, device="cpu")):
            with pytest.raises(netc.DiagnosticError, match=f"E556.*{axis}"):
                answer(wrong)
    np.savez(tmp_path / "a.npz", x=x, z=z)
    done = netc_in(tmp_path, "predict", "a.onnx", "a.npz")
    assert done.stderr.startswith("error[E556]: `z` has 4 on axis 1, where `x` has 5")


def test_sizes_that_follow_from_others_are_held_to_them(tmp_path: Path) -> None:
    net = netc.loads(
        "net A { input x: [T, 3]; input z: [T - 1, 3]; y = concat(x, z, axis=0) -> dense(3) }\n"
        "train A { loss = mse(y, 0); epochs = 1 }"
    )
    x, z = np.ones((4, 5, 3), np.float32), np.ones((4, 4, 3), np.float32)
    assert netc.Model(net, device="cpu")({"x": x, "z": z}).shape == (4, 9, 3)
    netc.Trainer(netc.Model(net, device="cpu")).fit({"x": x, "z": z})
    with pytest.raises(netc.DiagnosticError, match=r"E556.*`z` has 1 on axis 1, where `T - 1` is 4"):
        netc.Model(net, device="cpu")({"x": x, "z": z[:, :1]})
    np.savez(tmp_path / "a.npz", x=x, z=z[:, :1])
    with pytest.raises(netc.DiagnosticError, match=r"E504.*expected 4x3 for input `z`"):
        netc.Trainer(netc.Model(net, device="cpu")).fit(str(tmp_path / "a.npz"))


def test_a_target_that_follows_from_open_sizes_is_told_with_its_file(tmp_path: Path) -> None:
    net = netc.loads("net A { input x: [1, H, W]; y = conv(1, 3x3) }\ntrain A { loss = mse(y, mask); epochs = 1 }")
    x = np.ones((8, 1, 7, 5), np.float32)
    netc.Trainer(netc.Model(net, device="cpu")).fit({"x": x, "mask": np.ones((8, 1, 5, 3), np.float32)})
    np.savez(tmp_path / "a.npz", x=x, mask=np.ones((8, 1, 7, 5), np.float32))
    with pytest.raises(netc.DiagnosticError, match=r"E504.*a.npz, mask.*expected 1x5x3 for target `mask`"):
        netc.Trainer(netc.Model(net, device="cpu")).fit(str(tmp_path / "a.npz"))


def test_what_training_alone_has_refuses_no_size_in_use() -> None:
    net = netc.loads("""
        net A { input x: [3, H, W]; train only { h = conv(1, 9x9) -> global_avgpool }
                mask = conv(1, 1x1); y = mask -> global_avgpool }
        train A { loss = mse(y, 0) + mse(h, 0); metrics = [mae(mask, t)] }
    """)
    small, large = ({"x": np.ones((2, 3, n, n), np.float32), "t": np.ones((2, 1, n, n), np.float32)} for n in (4, 9))
    model = netc.Model(net, device="cpu")
    assert model({"x": small["x"]}).shape == (2, 1)
    assert Probe(model, [Along("mask")], ["x"])({"x": small["x"]}, {"mask.direction": small["t"]}).gradients
    assert netc.Trainer(model).evaluate(small)
    netc.Trainer(model).step(large)
    with pytest.raises(netc.DiagnosticError, match=r"E558.*`h.conv1` cannot take inputs of these sizes: `H` 4, `W` 4"):
        netc.Trainer(model).step(small)


def test_what_no_term_reads_refuses_no_size_in_training() -> None:
    net = netc.loads("""
        net A { input x: [1, H, W]; y = x -> global_avgpool -> dense(1); z = x -> flatten(from=1) -> maxpool(9)
              output y, z }
        train A { loss = mse(y, 0) }
    """)
    model, small = netc.Model(net, device="cpu"), {"x": np.ones((2, 1, 2, 4), np.float32)}
    assert np.isfinite(netc.Trainer(model).step(small)["loss"])
    with pytest.raises(netc.DiagnosticError, match="E558"):
        model(small)


def test_what_training_needs_as_well_is_needed_in_use(tmp_path: Path) -> None:
    """A need of equal size in front of it, which is left out, is another layer's."""
    net = netc.loads("""
        net A { input x: [1, H, W]; train only { h = x -> flatten(from=1) -> maxpool(9) }
                y = x -> flatten(from=1) -> maxpool(9) }
    """)
    (tmp_path / "a.onnx").write_bytes(deployable(net))
    small, large = {"x": np.ones((2, 1, 2, 4), np.float32)}, {"x": np.ones((2, 1, 3, 3), np.float32)}
    for answer in (netc.Model(net, device="cpu"), Deployed.open(tmp_path / "a.onnx").run):
        answer(large)
        with pytest.raises(netc.DiagnosticError, match=r"E558.*`y.maxpool1` cannot take inputs of these sizes"):
            answer(small)


def test_a_summary_says_which_sizes_fit() -> None:
    net = netc.loads(
        "net A { input x: [3, H, W]; expect W % 4 == 0 and W <= 90; maxpool(2x2) -> conv(4, 5x5) -> global_avgpool }"
    )
    assert net.summary()["sizes"] == {
        "H": {"minimum": 10, "divisor": 1},
        "W": {"minimum": 12, "maximum": 88, "divisor": 4},
    }
    assert "sizes        H at least 10, W a multiple of 4 between 12 and 88" in str(net.summary())


def test_a_mask_as_large_as_the_input_is_told_before_the_run() -> None:
    """Where the prediction is smaller by the windows before it, the finding names the target and its size."""
    net = netc.loads(
        "net M { input x: [3, H, W]; y = conv(3, 3x3) }\n"
        "train M { loss = mse(y, t, mask=mask); optimizer = sgd(lr=0.1); batch = 2; epochs = 1 }\n"
    )
    trainer = netc.Trainer(netc.Model(net, device="cpu"))
    data = {"x": np.ones((4, 3, 7, 5), np.float32), "t": np.ones((4, 3, 5, 3), np.float32)}
    with pytest.raises(netc.DiagnosticError, match=r"E504.*`mask`: a row is 7x5, expected 5x3 for target `mask`"):
        trainer.fit(data | {"mask": np.ones((4, 7, 5), np.float32)}, quiet=True)
    with pytest.raises(netc.DiagnosticError, match=r"E556.*`mask` has 7 on axis 1, where `H - 2` is 5"):
        trainer.step(data | {"mask": np.ones((4, 7, 5), np.float32)})
    trainer.fit(data | {"mask": np.ones((4, 5, 3), np.float32)}, quiet=True)
