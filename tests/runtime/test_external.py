"""External data of strangers' models: read from the model's folder, and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.runs.deployed import Deployed

WEIGHTS = np.arange(12, dtype=np.float32).reshape(4, 3)
PLACES = ["initializer", "constant", "inner"]


def model(entries: list[tuple[str, str]], place: str = "initializer") -> bytes:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 3], data_location=TensorProto.EXTERNAL)
    for key, value in entries:
        tensor.external_data.add(key=key, value=value)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 3])
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    made: list[Any] = []
    if place == "initializer":
        made = [tensor]
    else:
        constant = helper.make_node("Constant", [], ["w"], value=tensor)
        nodes.insert(0, constant)
    if place == "inner":
        w = helper.make_tensor_value_info("w", TensorProto.FLOAT, [4, 3])
        body = helper.make_graph([constant], "body", [], [w])
        yes = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
        nodes = [yes, helper.make_node("If", ["c"], ["w"], then_branch=body, else_branch=body), *nodes[1:]]
    graph = helper.make_graph(nodes, "g", [x], [y], made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9).SerializeToString()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`home` with the weights, at its front and in a folder of it; `secret` beside it, and links."""
    home = tmp_path / "home"
    (home / "deep").mkdir(parents=True)
    content = bytes(16) + WEIGHTS.tobytes()
    for path in (home / "w.bin", home / "deep/w.bin", tmp_path / "secret"):
        path.write_bytes(content)
    (home / "within").symlink_to(home / "w.bin")
    (home / "out").symlink_to(tmp_path / "secret")
    (home / "up").symlink_to(tmp_path)
    (home / "*").mkdir()
    (home / "*/_ORT_MEM_ADDR_").mkdir()
    (home / "*/_ORT_MEM_ADDR_/*").write_bytes(content)
    if hasattr(os, "mkfifo"):
        os.mkfifo(home / "pipe")
    return home


def entries(location: str, offset: str | None = "16", length: str | None = "48") -> list[tuple[str, str]]:
    said = [("location", location), ("offset", offset), ("length", length)]
    return [(key, value) for key, value in said if value is not None]


@pytest.mark.quick(1)
@pytest.mark.parametrize("location", ["w.bin", "deep/w.bin", "./w.bin", "within", "deep//w.bin"])
def test_what_lies_in_the_folder_is_read(location: str, folder: Path) -> None:
    (folder / "m.onnx").write_bytes(model(entries(location)))
    x = np.eye(4, dtype=np.float32)
    found = Deployed.open(folder / "m.onnx").run({"x": x})["y"]
    np.testing.assert_array_equal(found, WEIGHTS)


REFUSED = [
    *(entries(location) for location in (
        "../secret", "deep/../../secret", "deep/../w.bin", "out", "up/secret", "", ".", "deep", "none", "pipe",
        "*/_ORT_MEM_ADDR_/*", "..\\secret", "C:\\secret", "C:w.bin", "//host/share", "w.bin\0", "\x1b[2J",
        "/etc/passwd", "/dev/zero", "~/w.bin",
    )),
    entries("w.bin", "17"), entries("w.bin", "0", "65"), entries("w.bin", "65", None), entries("w.bin", "-16"),
    entries("w.bin", "16", "-1"), entries("w.bin", "0x10"), entries("w.bin", "16 "), entries("w.bin", "1e1"),
    entries("w.bin", "9" * 18), entries("w.bin", "9" * 30), entries("w.bin", "16", "9" * 18),
    [*entries("w.bin"), ("location", "../secret")], [("location", "../secret"), *entries("w.bin")],
    [*entries("w.bin"), ("offset", "0")], [("offset", "16")],
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("said", REFUSED, ids=str)
def test_what_lies_elsewhere_is_refused(said: list[tuple[str, str]], place: str, folder: Path) -> None:
    (folder / "m.onnx").write_bytes(model(said, place))
    with pytest.raises(DiagnosticError, match="E565") as caught:
        Deployed.open(folder / "m.onnx")
    (finding,) = caught.value.diagnostics
    assert any(word in finding.notes[0] for word in ("numbers", "damaged", "twice")), finding
    assert finding.notes[0].isprintable()


def test_an_absolute_path_is_refused_wherever_it_leads(folder: Path) -> None:
    (folder / "m.onnx").write_bytes(model(entries(str(folder / "w.bin"))))
    with pytest.raises(DiagnosticError, match="E565"):
        Deployed.open(folder / "m.onnx")


def test_weights_to_start_from_have_the_same_rules(folder: Path, tmp_path: Path) -> None:
    import netc
    from netc.runtime.folder.initial import read_initial

    (tmp_path / "a.net").write_text("net A { input x: 4; dense(3) }")
    (folder / "m.onnx").write_bytes(model(entries("../secret")))
    with pytest.raises(DiagnosticError, match="E565"):
        read_initial(folder / "m.onnx", netc.load(tmp_path / "a.net"), partial=True)


def test_two_entries_in_one_key_are_damage(folder: Path) -> None:
    """Protobuf takes the last of two values of one field; whoever takes the first reads another file."""
    twice = onnx.StringStringEntryProto(key="location", value="w.bin").SerializeToString()
    twice += onnx.StringStringEntryProto(value="../secret").SerializeToString()
    tensor = b"\x6a" + bytes([len(twice)]) + twice
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    (folder / "m.onnx").write_bytes(b"\x3a" + bytes([len(graph)]) + graph)
    with pytest.raises(DiagnosticError, match="E565") as caught:
        Deployed.open(folder / "m.onnx")
    assert caught.value.diagnostics[0].notes == ("an entry has two keys or two values",)
