"""Initial weights, and weight files."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from netc.compiler import load
from netc.compiler.initializers.uniform import Uniform
from netc.compiler.weights.draw import RawStream, initial_weights
from netc.compiler.weights.files import read_weights
from netc.grammar.diagnostics import DiagnosticError

from .networks import Maker, dense_net, small_net

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_stream_belongs_to_a_name() -> None:
    first = initial_weights(dense_net(), 3)
    m = Maker()
    x = m("dense", m("flatten", m.input("image", 1, 4, 4)), features=5, path="new")
    m("dense", x, features=8, path="dense1")
    m("dense", m("dense", m.input("other", 16), features=8, path="dense1b"), features=3, path="dense2")
    other = initial_weights(m.net, 3)
    np.testing.assert_array_equal(first["dense2.weight"], other["dense2.weight"])
    assert not np.array_equal(first["dense1.weight"][:3, :3], first["dense2.weight"][:3, :3])
    assert not np.array_equal(first["dense1.weight"], initial_weights(dense_net(), 4)["dense1.weight"])


def test_batch_norm_starts_neutral() -> None:
    weights = initial_weights(small_net())
    assert (weights["batchnorm1.weight"] == 1).all()
    assert (weights["batchnorm1.running_var"] == 1).all()
    assert not weights["batchnorm1.running_mean"].any()
    assert {value.dtype for value in weights.values()} == {np.dtype(np.float32)}


def test_the_numbers_are_what_they_were() -> None:
    """Runs of different machines and years start from the same weights."""
    found = Uniform(bound=1.0).draw((4,), "OI", "float32", RawStream(np.random.PCG64(7)))
    raw = np.random.PCG64(7).random_raw(4)
    expected = [2 * (((int(bits) >> 11) + 0.5) / 2**53) - 1 for bits in raw]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


def test_a_network_starts_with_the_weights_it_always_had() -> None:
    """Seed, names and shapes decide them, to the last bit. Normal ones take logarithms, which differ by machine."""
    found = sha256()
    for name, weight in initial_weights(load(str(EXAMPLES / "lecture/lenet5.net")), 3).items():
        found.update(name.encode() + str(weight.dtype).encode() + weight.tobytes())
    assert found.hexdigest()[:16] == "46bb40f0fe2138df"


def test_a_normal_parameter_starts_with_the_numbers_it_always_had() -> None:
    m = Maker()
    net = m.output(y=m("parameter", shape=(2, 3)))
    expected = [
        [0.0012111571850255132, -0.03685067966580391, -0.009548553265631199],
        [0.0021406051237136126, 0.005450683645904064, 0.013206323608756065],
    ]
    np.testing.assert_allclose(initial_weights(net, 5)["parameter1.weight"], expected, rtol=1e-6)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    net = small_net()
    weights = initial_weights(net, 1)
    save_file(weights, tmp_path / "w.safetensors")
    found = read_weights(tmp_path / "w.safetensors", net)
    assert list(found) == [parameter.name for parameter in net.parameters]
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


def codes(caught: pytest.ExceptionInfo[DiagnosticError]) -> list[str]:
    return [finding.code for finding in caught.value.diagnostics]


def test_every_tensor_that_does_not_fit_is_named(tmp_path: Path) -> None:
    net = dense_net()
    weights = initial_weights(net)
    weights["dense2.wieght"] = weights.pop("dense2.weight")
    weights["dense1.bias"] = np.zeros(9, np.float32)
    save_file(weights, tmp_path / "w.safetensors")
    with pytest.raises(DiagnosticError) as caught:
        read_weights(tmp_path / "w.safetensors", net)
    assert codes(caught) == ["E550", "E552", "E551"]
    missing, shape, unknown = caught.value.diagnostics
    assert missing.help == "rename `dense2.wieght` in the file"
    assert "has shape 9" in shape.message
    assert "needs 8" in shape.message
    assert unknown.help == "use `dense2.weight`"
    assert all("w.safetensors" in finding.message for finding in caught.value.diagnostics)


def test_many_findings_of_a_kind_are_counted(tmp_path: Path) -> None:
    m = Maker()
    x = m.input("x", 4)
    for _ in range(12):
        x = m("dense", x, features=4)
    save_file({}, tmp_path / "w.safetensors")
    with pytest.raises(DiagnosticError) as caught:
        read_weights(tmp_path / "w.safetensors", m.net)
    assert codes(caught) == ["E550"] * 8
    assert caught.value.diagnostics[-1].notes == ("16 more like this",)


@pytest.mark.parametrize("content", [b"", b"not a safetensors file", b"\xff" * 8, None])
def test_an_unreadable_file(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "w").write_bytes(content)
    with pytest.raises(DiagnosticError) as caught:
        read_weights(tmp_path / "w")
    assert codes(caught) == ["E553"]
    assert caught.value.diagnostics[0].help


def test_a_folder_is_no_weight_file(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        read_weights(tmp_path)
    assert codes(caught) == ["E530"]


def test_a_type_that_numpy_lacks(tmp_path: Path) -> None:
    """numpy knows bfloat16 once somebody has imported ml_dtypes, which this process has."""
    save_file({"w": np.zeros(3, ml_dtypes.bfloat16)}, tmp_path / "w.safetensors")
    program = """import sys
from netc.compiler.weights.files import read_tensors
print(read_tensors(sys.argv[1])[0]["w"].dtype, "ml_dtypes" in sys.modules)"""
    words = [sys.executable, "-c", program, str(tmp_path / "w.safetensors")]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "float32 False\n"
