"""`netc export`: each format of a real run, read back by others' readers; and places that are taken."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file

import netc as library
from netc.cli import run as netc

TEXT = """
net Tiny {
  input x: 4
  dense(6, act=relu)
  logits = dense(3)
}

train Tiny {
  loss = cross_entropy(logits, label)
  optimizer = adam(lr=1e-2)
  metrics = [accuracy]
  batch = 8
  epochs = 1
}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    random = np.random.default_rng(0)
    (folder / "tiny.net").write_text(TEXT)
    np.savez(folder / "tiny.npz", x=random.standard_normal((40, 4)).astype("float32"), label=random.integers(0, 3, 40))
    at = ["--data", str(folder / "tiny.npz"), "--out", str(folder / "run"), "--device", "cpu"]
    assert netc(["train", str(folder / "tiny.net"), *at]) == 0
    return folder / "run"


def test_onnx_says_what_it_is(trained: Path, tmp_path: Path) -> None:
    assert netc(["export", str(trained), "--to", "onnx", "-o", str(tmp_path / "a.onnx")]) == 0
    metadata = {item.key: item.value for item in onnx.load(tmp_path / "a.onnx").metadata_props}
    assert {"netc.manifest", "netc.scorer", "netc.card"} <= metadata.keys()
    assert json.loads(metadata["netc.preprocessing"])["x"]["shape"] == [4]
    assert json.loads(metadata["netc.provenance"])["net"] == "Tiny"
    rows = np.eye(4, dtype="float32")
    (found,) = onnxruntime.InferenceSession(tmp_path / "a.onnx").run(["logits"], {"x": rows})
    np.testing.assert_allclose(found, library.load_run(trained, "cpu").model(rows), atol=1e-6)


def test_safetensors_are_the_weights(trained: Path, tmp_path: Path) -> None:
    assert netc(["export", str(trained), "--to", "safetensors", "-o", str(tmp_path / "a.safetensors")]) == 0
    found, wanted = load_file(tmp_path / "a.safetensors"), load_file(trained / "best.safetensors")
    assert found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)


def test_a_hub_s_folder(trained: Path, tmp_path: Path) -> None:
    place = tmp_path / "new/hub"
    assert netc(["export", str(trained), "--to", "hub", "-o", str(place)]) == 0
    names = {path.name for path in place.iterdir()}
    assert names == {"README.md", "config.json", "model.onnx", "model.safetensors", "tiny.net"}
    readme = (place / "README.md").read_text()
    assert readme.startswith("---\nlibrary_name: netc\n")
    assert json.loads((place / "config.json").read_text())["inputs"]["x"]["shape"] == [4]
    assert (place / "tiny.net").read_text() == TEXT


def test_pytorch_gives_the_same(trained: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    place = tmp_path / "tiny_torch"
    assert netc(["export", str(trained), "--to", "pytorch", "-o", str(place)]) == 0
    names: dict[str, object] = {}
    exec((place / "model.py").read_text(), names)
    network = names["load_weights"](place / "model.safetensors")  # type: ignore[operator]
    rows = np.eye(4, dtype="float32")
    with torch.no_grad():
        found = network(torch.tensor(rows)).numpy()
    np.testing.assert_allclose(found, library.load_run(trained, "cpu").model(rows), atol=1e-5)


def test_keras_source_is_written(trained: Path, tmp_path: Path) -> None:
    """That its outputs are equal, tests/sources/test_keras.py holds, where Keras is."""
    place = tmp_path / "tiny_keras"
    assert netc(["export", str(trained), "--to", "keras", "-o", str(place)]) == 0
    assert {path.name for path in place.iterdir()} == {"model.py", "model.safetensors"}
    compile((place / "model.py").read_text(), "model.py", "exec")


@pytest.mark.parametrize(("precision", "tolerance"), [("float16", 2e-2), ("int8", 0.3)])
def test_fewer_bits(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], precision: str, tolerance: float
) -> None:
    """Tolerances: 11 bits of a number near 1, added up over two layers; 256 levels over each activation's range."""
    place = tmp_path / "small.onnx"
    assert netc(["export", str(trained), "--to", "onnx", "--precision", precision, "-o", str(place)]) == 0
    said = capsys.readouterr().err
    assert all(word in said for word in ("float32", precision, "accuracy", "time of an example", "size"))
    model = onnx.load(place)
    onnx.checker.check_model(model, full_check=True)  # before: float16 had nodes ahead of those whose values they read
    assert "netc.card" in {item.key for item in model.metadata_props}
    types = {item.data_type for item in model.graph.initializer}
    assert (onnx.TensorProto.FLOAT16 if precision == "float16" else onnx.TensorProto.INT8) in types
    rows = np.eye(4, dtype="float32")
    (found,) = onnxruntime.InferenceSession(place).run(["logits"], {"x": rows})
    np.testing.assert_allclose(found, library.load_run(trained, "cpu").model(rows), atol=tolerance)
    text = tmp_path / "again.net"
    assert netc(["import", str(place), "-o", str(text), "--weights", str(tmp_path / "again.safetensors")]) == 0
    assert text.read_text() == next(trained.glob("*.net")).read_text()
    weights, again = load_file(trained / "best.safetensors"), load_file(tmp_path / "again.safetensors")
    assert weights.keys() == again.keys()
    for name, weight in weights.items():
        np.testing.assert_allclose(again[name], weight, atol=np.abs(weight).max() / 127)


def test_float16_is_imported_without_what_netc_noted(trained: Path, tmp_path: Path) -> None:
    """Before: E591, as its nodes were in no order that can be computed."""
    place, bare = tmp_path / "small.onnx", tmp_path / "bare.onnx"
    assert netc(["export", str(trained), "--to", "onnx", "--precision", "float16", "-o", str(place)]) == 0
    model = onnx.load(place)
    del model.metadata_props[:]
    onnx.save(model, bare)
    assert netc(["import", str(bare), "-o", str(tmp_path / "a.net"), "--weights", str(tmp_path / "a.safetensors")]) == 0


def test_a_layer_of_one_channel_comes_back_from_8_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before: its scale, which is the only one, has no axis, and that was a bug of netc's."""
    monkeypatch.chdir(tmp_path)
    Path("one.net").write_text(
        "net One { input x: 4; dense(5, act=relu); y = dense(1) }\ntrain One { loss = mse(y, t); epochs = 1 }\n"
    )
    random = np.random.default_rng(0)
    np.savez("one.npz", x=random.standard_normal((40, 4)).astype("f4"), t=random.standard_normal((40, 1)).astype("f4"))
    assert netc(["train", "one.net", "--data", "one.npz", "--out", "run", "--device", "cpu"]) == 0
    assert netc(["export", "run", "--to", "onnx", "--precision", "int8", "-o", "one.onnx"]) == 0
    assert netc(["import", "one.onnx", "-o", "again.net", "--weights", "again.safetensors"]) == 0
    weights, again = load_file("run/best.safetensors"), load_file("again.safetensors")
    assert weights.keys() == again.keys()
    for name, weight in weights.items():
        assert again[name].shape == weight.shape
        steps = 1e-4 if name.endswith("bias") else np.abs(weight).max() / 127  # a bias has those of products
        np.testing.assert_allclose(again[name], weight, atol=steps)


def test_a_changed_model_in_8_bits_is_not_taken_by_its_old_text(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody can compare its outputs with the text's; quantised operators have no layers."""
    place = tmp_path / "small.onnx"
    assert netc(["export", str(trained), "--to", "onnx", "--precision", "int8", "-o", str(place)]) == 0
    model = onnx.load(place)
    kept = [item for item in model.metadata_props if not item.key.startswith("netc.checksum")]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, place)
    capsys.readouterr()
    assert netc(["import", str(place), "-o", str(tmp_path / "again.net")]) != 0
    assert "error[E590]" in capsys.readouterr().err
    assert not (tmp_path / "again.net").exists()


def test_fewer_bits_need_data(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--to", "onnx", "--precision", "int8", "--data", str(tmp_path / "none.npz"), "-o", str(tmp_path / "a.onnx")]
    assert netc(["export", str(trained), *at]) == 5
    assert not (tmp_path / "a.onnx").exists()
    assert netc(["export", str(trained), "--to", "hub", "--precision", "int8"]) == 2
    assert "--precision and --data belong to `--to onnx`" in capsys.readouterr().err


def test_a_place_that_is_taken(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub/mine.txt").write_text("mine")
    assert netc(["export", str(trained), "--to", "hub", "-o", str(tmp_path / "hub")]) == 5
    assert "error[E595]" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["hub", "mine.txt"]


def test_the_wrong_ending(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert netc(["export", str(trained), "--to", "onnx", "-o", "a.bin"]) == 2
    assert "use `-o a.onnx`" in capsys.readouterr().err
