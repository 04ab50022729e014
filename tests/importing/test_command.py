"""`netc import`, and models where a text is expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from onnx_models import model, weight
from safetensors.numpy import load_file

import netc
from netc.cli import run
from netc.compiler import check, load, load_model
from netc.compiler.importing.own import SOURCE_KEY, own_source
from netc.grammar.diagnostics import DiagnosticError

from .test_patterns import nodes_of

PARTS = 'use "parts.net" (unit)\nuse std.attention (squeeze_excite)\n\nnet A(width = 4) {\n  input image: 2x8x8\n' \
    "  unit(width)   # a comment stays\n  squeeze_excite(2)\n  logits = global_avgpool -> dense(3)\n}\n"  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    weights = {"w": weight(6, 2, 3, 3), "b": weight(6), "d": weight(5, 6), "e": weight(5)}
    text = "a = Conv(x, w, b)\nr = Relu(a)\np = GlobalAveragePool(r)\nf = Flatten(p)\nlogits = Gemm(f, d, e; transB=1)"
    proto = model(nodes_of(text), {"x": ("N", 2, 8, 8)}, weights, ["logits"])
    (tmp_path / "small.onnx").write_bytes(proto.SerializeToString())
    return tmp_path


def test_text_and_weights_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "small.onnx", "-o", "small.net", "--weights", "small.safetensors"]) == 0
    said = capsys.readouterr().err
    assert "outputs: differ by" in said
    assert "wrote small.net: net Small, 5 lines, 149 parameters" in said
    net = load("small.net")
    weights = load_file("small.safetensors")
    assert {name: array.shape for name, array in weights.items()} == {p.name: p.value.shape for p in net.parameters}
    assert run(["compile", "small.net", "--weights", "small.safetensors", "-o", "again.onnx"]) == 0


def test_without_a_file_the_text_is_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "small.onnx"]) == 0
    assert capsys.readouterr().out.startswith("net Small {\n  input image: 2x8x8\n")


def test_a_file_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.net").write_text("mine")
    assert run(["import", "small.onnx", "-o", "small.net"]) == 2
    assert "small.net is there already" in capsys.readouterr().err
    assert (folder / "small.net").read_text() == "mine"


def test_weights_that_cannot_be_written_leave_no_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "small.onnx", "-o", "small.net", "--weights", "nowhere/small.safetensors"]) == 5
    assert "E562" in capsys.readouterr().err
    assert not (folder / "small.net").exists()


@pytest.mark.parametrize("source", [{"text": "net A { input x: 4 } # \udc80"}, {"used": {"a.net": "# \udc80"}}])
def test_a_noted_text_that_no_file_can_hold_is_refused(source: dict[str, Any]) -> None:
    note = json.dumps({"text": "net A { input x: 4; dense(1) }", "net": "A", "given": {}, "used": {}, **source})
    with pytest.raises(DiagnosticError, match="E591") as caught:
        own_source({SOURCE_KEY: note})
    assert "its source holds characters that no file can hold" in str(caught.value.diagnostics[0])


def test_what_netc_wrote_comes_back_as_it_was(folder: Path) -> None:
    (folder / "parts.net").write_text("block unit(width) { conv(width, 3x3, act=relu) }\n")
    (folder / "whole.net").write_text(PARTS)
    assert run(["compile", "whole.net", "-o", "whole.onnx", "--set", "width=6"]) == 0
    (folder / "out").mkdir()
    assert run(["import", "whole.onnx", "-o", "out/whole.net", "--weights", "whole.safetensors"]) == 0
    assert (folder / "out/whole.net").read_text() == PARTS
    assert (folder / "out/parts.net").read_text() == (folder / "parts.net").read_text()
    net, _ = load_model("whole.onnx")
    assert net.settings == {"width": 6}
    assert set(net.start) == {item.name for item in net.parameters}


def test_a_text_that_uses_files_outside_of_its_folder_is_none_of_the_model(folder: Path) -> None:
    """Before: it was noted, and the model was refused as one that nobody could trust."""
    (folder / "parts.net").write_text("block unit(width) { conv(width, 3x3, act=relu) }\n")
    (folder / "inner").mkdir()
    (folder / "inner/whole.net").write_text(PARTS.replace('"parts.net"', '"../parts.net"'))
    assert run(["compile", "inner/whole.net", "--allow-outside", "-o", "whole.onnx"]) == 0
    assert run(["import", "whole.onnx", "-o", "again.net", "--weights", "again.safetensors"]) == 0
    assert load("again.net").params == load("whole.onnx").params


def test_a_model_is_a_net_that_starts_from_its_numbers(folder: Path) -> None:
    net = load("small.onnx", loss="cross_entropy(output, label)")
    assert [plan.label for plan in net.plans] == [None]
    np.testing.assert_array_equal(net.start["logits.weight"], weight(5, 6))
    assert check("small.onnx").diagnostics == []


def test_no_fixes_of_a_model_are_offered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There is no text to write them to, whether they are asked for or not; of a text they are offered."""
    (folder / "twice.net").write_text("net A { input x: 2x8x8; conv(3, 3x3) -> batchnorm; flatten -> dense(2) }\n")
    assert run(["compile", "twice.net", "-o", "twice.onnx"]) == 0
    capsys.readouterr()
    for file, offered in (("twice.net", True), ("twice.onnx", False)):
        assert run(["lint", file, "--select", "L002"]) == 1
        said = capsys.readouterr()
        assert "L002" in said.out
        assert ("--unsafe-fixes" in said.err) is offered
    before = (folder / "twice.onnx").read_bytes()
    assert run(["lint", "twice.onnx", "--select", "L002", "--fix", "--unsafe-fixes"]) == 1
    assert (folder / "twice.onnx").read_bytes() == before


def test_numbers_are_taken_as_they_are_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proto = model(nodes_of("r = Cast(rate; to=1)\ny = Mul(x, r)"), {"x": ("N", 4), "rate": ()}, {}, whole=["rate"])
    (folder / "rated.onnx").write_bytes(proto.SerializeToString())
    large = 2**53 + 1
    assert run(["import", "rated.onnx", "--given", f"rate={large + 2**62}"]) == 0
    assert run(["import", "rated.onnx", "--given", "rate=1", "--given", "rate=2"]) == 2
    assert "`--given rate=…` is there twice" in capsys.readouterr().err
    assert run(["import", "rated.onnx", "--given", "rate=x"]) == 2
    assert run(["import", "rated.onnx", "--given", f"rate={'9' * 5000}"]) == 5
    capsys.readouterr()
    noted(lambda proto: None)
    assert run(["import", "a.onnx", "--given", "x=1"]) == 5
    assert "E588" in capsys.readouterr().err


NOTED = "net A {\n  input x: 3\n  y = dense(2)   # two\n}\n"


def noted(change: Callable[[onnx.ModelProto], None]) -> None:
    """The model of a text, `a.onnx`, after a change that its checksum doesn't tell."""
    Path("a.net").write_text(NOTED)
    assert run(["compile", "a.net", "-o", "a.onnx"]) == 0
    proto = onnx.load("a.onnx")
    entries = [entry for entry in proto.metadata_props if not entry.key.startswith("netc.checksum")]
    del proto.metadata_props[:]
    proto.metadata_props.extend(entries)
    change(proto)
    onnx.save(proto, "a.onnx")


def doubled(proto: onnx.ModelProto) -> None:
    for made in proto.graph.node:
        made.output[:] = ["once" if name == "y" else name for name in made.output]
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.float32(2), "two"))
    proto.graph.node.append(onnx.helper.make_node("Mul", ["once", "two"], ["y"]))


def without_numbers(proto: onnx.ModelProto) -> None:
    doubled(proto)
    proto.graph.node.append(onnx.helper.make_node("Sqrt", ["twice"], ["y"]))
    proto.graph.node[-2].output[:] = ["twice"]


def another_input(proto: onnx.ModelProto) -> None:
    doubled(proto)
    del proto.graph.initializer[-1]
    proto.graph.input.append(onnx.helper.make_tensor_value_info("two", onnx.TensorProto.FLOAT, ["N", 2]))


def renamed_input(proto: onnx.ModelProto) -> None:
    proto.graph.input[0].name = "z"
    for made in proto.graph.node:
        made.input[:] = ["z" if name == "x" else name for name in made.input]


def renamed_weight(proto: onnx.ModelProto) -> None:
    proto.graph.initializer[0].name = "W"
    for made in proto.graph.node:
        made.input[:] = ["W" if name == "y.weight" else name for name in made.input]


def another_size(proto: onnx.ModelProto) -> None:
    (entry,) = (entry for entry in proto.metadata_props if entry.key == "netc.source")
    said = json.loads(entry.value)
    entry.value = json.dumps({**said, "text": said["text"].replace("dense(2)", "dense(4)")})


def test_a_text_that_the_model_computes_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noted(lambda proto: None)
    assert run(["import", "a.onnx", "-o", "b.net"]) == 0
    assert "outputs: differ by 0.0e+00" in capsys.readouterr().err
    assert Path("b.net").read_text() == NOTED


@pytest.mark.parametrize("change", [doubled, without_numbers, another_input, renamed_input])
def test_a_model_that_was_changed_is_imported_by_its_graph(
    change: Callable[[onnx.ModelProto], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(change)
    assert run(["import", "a.onnx", "-o", "b.net", "--weights", "b.safetensors"]) == 0
    said = capsys.readouterr().err
    assert "note: the text that is noted in a.onnx is another network's" in said
    assert "outputs: differ by 0.0e+00" in said
    assert "# two" not in Path("b.net").read_text()
    assert run(["weights", "b.safetensors", "b.net"]) == 0


@pytest.mark.parametrize("change", [renamed_weight, another_size])
def test_weights_that_a_noted_text_asks_for_are_not_drawn(
    change: Callable[[onnx.ModelProto], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted(change)
    assert run(["import", "a.onnx", "-o", "b.net", "--weights", "b.safetensors"]) == 5
    said = capsys.readouterr().err
    assert "error[E591]" in said
    assert "tensor `y." in said
    assert "take the entries `netc.source` and `netc.checksum` out of its metadata" in said
    assert not Path("b.net").exists()


@pytest.mark.parametrize("change", [doubled, another_input, renamed_weight, another_size])
def test_a_model_that_another_program_wrote_anew_is_its_graph_wherever_it_is_taken(
    change: Callable[[onnx.ModelProto], None], folder: Path
) -> None:
    """Before: the text that it noted, so that what was changed was lost. `netc import` compares both."""
    noted(change)
    rows = {
        item.name: np.ones((2, 3 if item.name == "x" else 2), np.float32) for item in onnx.load("a.onnx").graph.input
    }
    (expected,) = onnxruntime.InferenceSession("a.onnx").run(["y"], rows)
    net, imported = load_model("a.onnx")
    assert imported.notes[0].startswith("another program wrote the model anew")
    found = netc.Model(net, device="cpu")({imported.inputs[name]: array for name, array in rows.items()})
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_only_training_has_is_not_missed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before: its weights, which no model for use has, were."""
    (folder / "side.net").write_text(
        "net A {\n  input x: 3\n  train only { aux = dense(2) }\n  dense(4) -> batchnorm\n  y = dense(2)\n}\n"
        "train A { loss = mse(y, t) + 0.3 * mse(aux, t) }\n"
    )
    assert run(["compile", "side.net", "-o", "side.onnx"]) == 0
    assert run(["import", "side.onnx", "-o", "b.net"]) == 0
    assert "outputs: differ by 0.0e+00" in capsys.readouterr().err
    assert Path("b.net").read_text() == Path("side.net").read_text()
    np.savez("d.npz", x=np.ones((8, 3), np.float32), t=np.ones((8, 2), np.float32))
    trained = ["--data", "d.npz", "--epochs", "1", "--device", "cpu"]
    assert run(["train", "side.onnx", *trained, "--out", "r"]) == 0, capsys.readouterr().err
    assert run(["import", "side.onnx", "-o", "c.net", "--weights", "c.safetensors"]) == 0
    capsys.readouterr()
    assert run(["compile", "c.net", "--weights", "c.safetensors", "-o", "c.onnx"]) == 0
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "aux" in line and "weight" in line]
    assert "freshly initialised" in said
    for weights in ("side.onnx", "c.onnx"):
        assert netc.Model(netc.load("c.net")).load(weights)
    expected, found = (onnxruntime.InferenceSession(name).run(["y"], {"x": np.eye(3, dtype=np.float32)})
                       for name in ("side.onnx", "c.onnx"))  # fmt: skip
    np.testing.assert_array_equal(expected[0], found[0])
    assert run(["train", "c.net", *trained, "--init", "c.safetensors", "--out", "s"]) == 0
    assert run(["compile", "c.net", "--train", "--weights", "c.safetensors", "-o", "t.onnx"]) == 0
    first = load_file("t.safetensors")
    assert {"aux.weight", "aux.bias"} <= first.keys()


def test_what_only_the_loss_reads_comes_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its weights and its input are in the model, among what the scorer needs."""
    text = "net A {\n  input x: 3, after: 4\n  h = x -> dense(4)\n"
    text += "  aux = after -> dense(2)\n  y = h -> dense(2)\n  output y\n}\n"
    (folder / "aux.net").write_text(text + "train A { loss = mse(y, t) + mse(aux, t) }\n")
    assert run(["compile", "aux.net", "-o", "aux.onnx"]) == 0
    assert run(["import", "aux.onnx", "-o", "b.net", "--weights", "b.safetensors"]) == 0
    said = capsys.readouterr().err
    assert "another network's" not in said
    assert "outputs: differ by 0.0e+00" in said
    tensors = {item.name: numpy_helper.to_array(item) for item in onnx.load("aux.onnx").graph.initializer}
    found = load_file("b.safetensors")
    assert {"aux.weight", "aux.bias"} <= found.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, tensors[name])


def test_tables_that_a_net_is_given_are_no_obstacle(folder: Path) -> None:
    """Before: keys that are truth values ended in a bug of netc's where the model notes what it was made of."""
    (folder / "t.net").write_text(
        "net A(w = [true: 8, false: 4]) {\n  input x: 3\n  dense(w[true]) -> dense(w[false])\n}\n"
    )
    assert run(["compile", "t.net", "--set", "w=[true: 3, false: 5]", "-o", "t.onnx"]) == 0
    assert load("t.onnx").params == 3 * 3 + 3 + 3 * 5 + 5
    assert load("t.net", settings={"w": {True: 3, False: 5}}).params == 3 * 3 + 3 + 3 * 5 + 5
    (folder / "u.net").write_text("net A(w = [big: 8]) {\n  input x: 3\n  dense(w[big])\n}\n")
    assert run(["compile", "u.net", "--set", "w=[big: 3]", "-o", "u.onnx"]) == 0
    assert load("u.onnx").settings == {"w": {"big": 3}}


def test_a_text_is_not_written_over_a_file_that_it_uses(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "parts.net").write_text("block unit(width) { conv(width, 3x3, act=relu) }\n")
    (folder / "whole.net").write_text(PARTS)
    assert run(["compile", "whole.net", "-o", "whole.onnx"]) == 0
    (folder / "out").mkdir()
    assert run(["import", "whole.onnx", "-o", "out/parts.net"]) == 2
    assert "out/parts.net is a file that the net uses" in capsys.readouterr().err
    (folder / "out/parts.net").write_bytes("# größer".encode("latin-1"))
    assert run(["import", "whole.onnx", "-o", "out/whole.net"]) == 2
    assert "out/parts.net, which the net uses, is there with another text" in capsys.readouterr().err
    assert [path.name for path in Path("out").iterdir()] == ["parts.net"]


def test_other_arguments_of_a_noted_text_are_no_fault_of_the_model(folder: Path) -> None:
    (folder / "wide.net").write_text("net A(width = 4) {\n  input x: 3\n  y = dense(width)\n}\n")
    assert run(["compile", "wide.net", "-o", "wide.onnx"]) == 0
    with pytest.raises(DiagnosticError, match="E552"):
        load("wide.onnx", settings={"width": 5})


@pytest.mark.slow
def test_a_model_trains_on_the_file_itself(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = np.random.default_rng(0).standard_normal((40, 2, 8, 8)).astype("f4")
    np.savez("data.npz", image=images, label=(images.mean((1, 2, 3)) > 0).astype(int))
    arguments = ["train", "small.onnx", "--data", "data.npz", "--epochs", "2", "--loss", "cross_entropy(output, label)"]
    assert run([*arguments, "--out", "there"]) == 0
    assert "epoch 2/2" in capsys.readouterr().err
    assert (folder / "there/small.net").exists()
    assert run(["train", "--resume", "there", "--epochs", "3"]) == 0
