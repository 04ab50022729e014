"""Initial weights, and weight files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from netc.compiler.declare.initial import Initial, kaiming_uniform
from netc.compiler.weights.draw import draw, initial_weights
from netc.compiler.weights.files import read_weights
from netc.grammar.diagnostics import DiagnosticError

from .networks import Maker, dense_net, small_net


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
    found = draw(Initial("uniform", 1.0), (4,), "float32", np.random.PCG64(7))
    raw = np.random.PCG64(7).random_raw(4)
    expected = [2 * (((int(bits) >> 11) + 0.5) / 2**53) - 1 for bits in raw]
    np.testing.assert_array_equal(found, np.array(expected, np.float32))


@pytest.mark.parametrize("initial", [kaiming_uniform(64), Initial("normal", 0.02)], ids=lambda initial: initial.kind)
def test_distributions(initial: Initial) -> None:
    values = draw(initial, (1500, 1001), "float32", np.random.PCG64(1)).astype(np.float64)
    deviation = initial.value / np.sqrt(3) if initial.kind == "uniform" else initial.value
    assert abs(values.mean()) < 5 * deviation / np.sqrt(values.size)
    assert values.std() == pytest.approx(deviation, rel=0.003)
    if initial.kind == "uniform":
        assert np.abs(values).max() <= initial.value
    else:
        fourth = (values**4).mean() / deviation**4
        assert fourth == pytest.approx(3, rel=0.02)


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
    assert codes(caught) == ["E553"]
