"""Weight files of every kind give the tensors that were put in, under their names."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file
from weight_files import read

from netc.compiler.weights.source import read_source
from netc.grammar.diagnostics import DiagnosticError

RANDOM = np.random.default_rng(0)
TENSORS = {
    "conv1.weight": RANDOM.standard_normal((4, 3, 3, 2)).astype(np.float32),
    "conv1.bias": RANDOM.standard_normal(4).astype(np.float32),
    "double.weight": RANDOM.standard_normal((2, 5)),
    "half.weight": RANDOM.standard_normal((2, 5)).astype(np.float16),
    "counter": np.array(7),
    "empty": np.zeros((0, 3), np.float32),
}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype, name
        np.testing.assert_array_equal(found[name], tensor, name)


def test_safetensors(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "w", {"who": "me"})
    found = read(tmp_path / "w")
    same(found.tensors, TENSORS)
    assert found.metadata == {"who": "me"}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(save: Any, tmp_path: Path) -> None:
    columns = {"columns": np.asfortranarray(TENSORS["double.weight"])}
    save(tmp_path / "w.npz", **TENSORS, **columns)
    same(read(tmp_path / "w.npz").tensors, TENSORS | columns)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_pickled_arrays(protocol: int, tmp_path: Path) -> None:
    """As flax keeps them: tables in tables."""
    tree = {
        "a": {"conv1": {"kernel": TENSORS["conv1.weight"]}},
        "list": [TENSORS["double.weight"].T],
    }
    (tmp_path / "w.ckpt").write_bytes(pickle.dumps(tree, protocol))
    found = read(tmp_path / "w.ckpt")
    same(found.tensors, {"a.conv1.kernel": TENSORS["conv1.weight"], "list.0": TENSORS["double.weight"].T})
    assert found.channels_last is None


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch(zipped: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    base = torch.arange(24.0)
    brain = torch.tensor([1.0, -2.5, 3e38], dtype=torch.bfloat16)
    tensors = OrderedDict({name: torch.tensor(tensor) for name, tensor in TENSORS.items()})
    views = {"view": base[3:15].reshape(3, 4).T, "row": base[2:8:2], "same": base, "flag": torch.tensor([True, False])}
    parameter = {"parameter": torch.nn.Parameter(base[:2].clone())}
    saved = {**tensors, **views, **parameter, "brain": brain}
    torch.save(saved, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    whole = base.numpy()
    expected = TENSORS | {
        "view": whole[3:15].reshape(3, 4).T, "row": whole[2:8:2], "same": whole, "flag": np.array([True, False]),
        "parameter": whole[:2], "brain": brain.float().numpy(),
    }  # fmt: skip
    same(read(tmp_path / "w.pth").tensors, expected)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("entry", ["state_dict", "model"])
def test_a_checkpoint_of_pytorch(entry: str, zipped: bool, tmp_path: Path) -> None:
    """The weights among what else a training keeps, the optimizer's state too."""
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3))
    optimizer = torch.optim.Adam(module.parameters())
    module(torch.ones(2, 2, 4, 4)).sum().backward()
    optimizer.step()
    saved = {"epoch": 3, entry: module.state_dict(), "optimizer": optimizer.state_dict(), "loss": 0.5, "name": "x"}
    torch.save(saved, tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    found = read(tmp_path / "w.pt")
    same(found.tensors, {name: tensor.numpy() for name, tensor in module.state_dict().items()})
    assert found.entry == entry


def test_sixteen_bits_in_safetensors(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    brain = torch.tensor([[1.0, -2.5, 3e38], [1e-30, 0.0, float("inf")]], dtype=torch.bfloat16)
    half, none = torch.tensor([1.0, -2.5], dtype=torch.float16), torch.zeros(0, 3, dtype=torch.bfloat16)
    save_file({"brain": brain, "half": half, "none": none}, tmp_path / "w.safetensors", {"by": "us"})
    found = read(tmp_path / "w.safetensors")
    same(found.tensors, {"brain": brain.float().numpy(), "half": half.numpy(), "none": none.float().numpy()})
    assert found.metadata == {"by": "us"}
    save_file({"eight": half.to(torch.float8_e4m3fn)}, tmp_path / "w.safetensors")
    with pytest.raises(DiagnosticError, match=r"E553.*tensor `eight` has numbers of type F8_E4M3"):
        read(tmp_path / "w.safetensors")


def test_an_onnx_model(tmp_path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    graph = helper.make_graph([], "g", [], [], [numpy_helper.from_array(TENSORS["conv1.weight"], "conv1.weight")])
    onnx.save(helper.make_model(graph), tmp_path / "w.onnx")
    found = read(tmp_path / "w.onnx")
    same(found.tensors, {"conv1.weight": TENSORS["conv1.weight"]})
    assert not found.whole


@pytest.mark.parametrize("other", ["type", "length", "bytes"])
def test_constants_that_are_no_weights_are_left_out(other: str, tmp_path: Path) -> None:
    """Before: one of them, which no parameter asks for, and the whole model was refused, or a bug of netc's."""
    from onnx import helper, numpy_helper

    odd = numpy_helper.from_array(np.ones(2, np.complex64 if other == "type" else np.float32), "odd")
    odd.name = "n" * 2000 if other == "length" else "odd"
    graph = helper.make_graph([], "g", [], [], [numpy_helper.from_array(TENSORS["conv1.weight"], "conv1.weight"), odd])
    content = helper.make_model(graph).SerializeToString()
    (tmp_path / "w.onnx").write_bytes(content.replace(b"odd", b"od\xff") if other == "bytes" else content)
    same(read(tmp_path / "w.onnx").tensors, {"conv1.weight": TENSORS["conv1.weight"]})


def test_a_kernel_says_that_channels_come_last(tmp_path: Path) -> None:
    kernel, dense = RANDOM.standard_normal((3, 2, 5, 4)), RANDOM.standard_normal((6, 7))
    np.savez(tmp_path / "w.npz", **{"conv/kernel": kernel, "dense/kernel": dense, "bn/scale": np.ones(4)})
    found = read_source(tmp_path / "w.npz")
    same(
        found.tensors,
        {"conv.weight": kernel.transpose(3, 2, 0, 1), "dense.weight": dense.T, "bn.weight": np.ones(4)},
    )
    assert found.turned == {"conv.weight", "dense.weight"}
    assert found.theirs["conv.weight"] == "conv.kernel"


TWO_OF_ONE_NAME: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "slash and dot": ({"a/b": np.ones(3), "a.b": np.ones(5)}, "`a.b`: `a/b` and `a.b`"),
    "kernel and scale": ({"c/kernel": np.ones((3, 4)), "c/scale": np.ones(4)}, "`c.weight`: `c.kernel` and `c.scale`"),
}


@pytest.mark.parametrize(("tensors", "says"), TWO_OF_ONE_NAME.values(), ids=TWO_OF_ONE_NAME)
def test_two_tensors_of_one_name_are_refused(tensors: dict[str, np.ndarray], says: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", **tensors)
    with pytest.raises(DiagnosticError, match="E553") as caught:
        read_source(tmp_path / "w.npz")
    (finding,) = caught.value.diagnostics
    assert f"two tensors of it come to the name {says}" in finding.message
    assert finding.help == "save each under a name of its own"


def test_two_constants_of_one_name_are_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import helper, numpy_helper

    twice = [numpy_helper.from_array(np.full(3, value, np.float32), "w") for value in (1, 2)]
    onnx.save(helper.make_model(helper.make_graph([], "g", [], [], twice)), tmp_path / "w.onnx")
    with pytest.raises(DiagnosticError, match="two tensors of it come to the name `w`"):
        read(tmp_path / "w.onnx")


def test_what_else_a_recurrent_layer_has_stays(tmp_path: Path) -> None:
    tensors = {"l/kernel": np.ones((3, 8)), "l/recurrent_kernel": np.ones((2, 8)), "l/bias": np.ones(8)}
    np.savez(tmp_path / "w.npz", **tensors, **{"l/gamma": np.ones(8), "m/recurrent_kernel": np.ones((2, 3))})
    assert read_source(tmp_path / "w.npz").tensors.keys() == {
        "l.weight_ih_l0", "l.weight_hh_l0", "l.bias_ih_l0", "l.bias_hh_l0", "l.weight", "m.weight",
    }  # fmt: skip


def test_light_commands_stay_light() -> None:
    program = "import sys, netc.compiler.weights.formats; print('numpy' in sys.modules, 'onnx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False False\n"
