"""A net too large for one .onnx file: its weights go into a file beside it, and are read back from there."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from sealed import flipped

import netc
from netc.compiler import read_tensors
from netc.compiler.importing.importer import import_text
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder import files
from netc.runtime.runs import export
from netc.runtime.runs.deployed import Deployed

from .conftest import Run

TRAIN = ("train", "tiny.net", "--data", "data.npz", "--device", "cpu", "--epochs", "2")


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LARGEST", 100)


def predictions(run: Run, model: str) -> str:
    done = run("predict", model, "run/sample.npz", "--format", "json")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_training_says_so_before_and_exports_at_the_end(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(*TRAIN, "--out", "whole").returncode == 0
    monkeypatch.setattr(export, "LARGEST", 100)
    done = run(*TRAIN, "--out", "run")
    assert done.returncode == 0, done.stderr
    said = done.stderr.find("does not fit one .onnx file: run/model.onnx.data will hold its weights")
    assert 0 <= said < done.stderr.find("epoch 1/2")
    assert "network run/model.onnx" in done.stderr
    onnx.checker.check_model(str(folder / "run/model.onnx"), full_check=True)
    one, two = onnx.load(folder / "whole/model.onnx"), onnx.load(folder / "run/model.onnx")
    for a, b in zip(one.graph.initializer, two.graph.initializer, strict=True):
        assert np.array_equal(numpy_helper.to_array(a), numpy_helper.to_array(b)), a.name
    bare = onnx.load(folder / "run/model.onnx", load_external_data=False)
    places = [{item.key: item.value for item in tensor.external_data} for tensor in bare.graph.initializer]
    outside = [place for place in places if place]
    assert {place["location"] for place in outside} == {"model.onnx.data"}
    assert all(int(place["offset"]) % 4096 == 0 for place in outside)
    assert len(outside) == len(netc.load("tiny.net").parameters)
    for model in ("run", "run/model.onnx"):
        assert predictions(run, model) == predictions(run, "whole/model.onnx")
        found = run("eval", model, "--data", "data.npz", "--format", "json")
        assert found.stdout == run("eval", "whole", "--data", "data.npz", "--format", "json").stdout
        assert run("data", model).stdout == run("data", model.replace("run", "whole", 1)).stdout
    (folder / "run/model.onnx").unlink()  # a run that has not ended yet
    assert predictions(run, "run") == predictions(run, "whole")
    assert run("train", "--resume", "run").returncode == 0
    assert (folder / "run/model.onnx").exists()
    done = run(*TRAIN, "--init", "run/model.onnx", "--out", "next")
    assert done.returncode == 0, done.stderr


def test_compile_writes_both(run: Run, folder: Path, large: None) -> None:
    done = run("compile", "tiny.net", "-o", "a.onnx")
    assert done.returncode == 0, done.stderr
    assert "the weights in a.onnx.data" in done.stderr
    x = np.random.default_rng(0).random((4, 1, 6, 6)).astype(np.float32)
    found = Deployed.open(Path("a.onnx")).run({"image": x})["logits"]
    np.testing.assert_allclose(found, netc.Model(netc.load("tiny.net"), device="cpu")(x), rtol=1e-5, atol=1e-6)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("a.onnx", "a.onnx.data"):
        shutil.copy(folder / name, elsewhere / name)
    (folder / "a.onnx.data").unlink()
    np.save("x.npy", x)
    assert run("predict", "elsewhere/a.onnx", "x.npy").returncode == 0
    done = run("predict", "a.onnx", "x.npy")
    assert (done.returncode, "`a.onnx.data`, which is no file in its folder" in done.stderr) == (5, True), done.stderr


def code_of(read: Callable[[], object]) -> tuple[str, bool]:
    """The finding, and whether it names the file with the weights."""
    with pytest.raises(DiagnosticError) as caught:
        read()
    found = caught.value.diagnostics[0]
    return found.code, "a.onnx.data" in found.message


READERS: dict[str, Callable[[], object]] = {
    "predict": lambda: Deployed.open(Path("a.onnx")),
    "init": lambda: read_tensors("a.onnx"),
    "import": lambda: import_text("a.onnx"),
}


@pytest.mark.quick(1)
@pytest.mark.parametrize("reader", READERS)
def test_weights_beside_a_model_have_a_checksum(run: Run, folder: Path, large: None, reader: str) -> None:
    """A bit that turned, in a number or between them, and the weights of another model of the same sizes."""
    read = READERS[reader]
    assert run("compile", "tiny.net", "--seed", "1", "-o", "a.onnx").returncode == 0
    other = (folder / "a.onnx.data").read_bytes()
    assert run("compile", "tiny.net", "-o", "a.onnx").returncode == 0
    content = (folder / "a.onnx.data").read_bytes()
    read()
    drawn = np.random.default_rng(0).integers(0, 8 * len(content), 20)
    for changed in (other, content + b"\0", *(flipped(content, bit) for bit in (0, *map(int, drawn)))):
        (folder / "a.onnx.data").write_bytes(changed)
        assert code_of(read) == ("E534", True)
    (folder / "a.onnx.data").write_bytes(content)
    read()


def test_weights_that_somebody_changed_on_purpose(run: Run, folder: Path, large: None) -> None:
    assert run("compile", "tiny.net", "-o", "a.onnx").returncode == 0
    (folder / "a.onnx.data").write_bytes(bytes((folder / "a.onnx.data").stat().st_size))
    model = onnx.load(folder / "a.onnx", load_external_data=False)
    kept = [entry for entry in model.metadata_props if not entry.key.startswith("netc.checksum")]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    onnx.save(model, folder / "a.onnx")
    assert not any(array.any() for array in read_tensors("a.onnx")[0].values() if array.dtype == np.float32)


def test_a_run_whose_weights_beside_are_damaged(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is tried: the model goes, and is made of the best weights."""
    monkeypatch.setattr(export, "LARGEST", 100)
    assert run(*TRAIN, "--out", "run").returncode == 0
    before = predictions(run, "run")
    path = folder / "run/model.onnx.data"
    path.write_bytes(flipped(path.read_bytes(), 99))
    done = run("predict", "run", "run/sample.npz")
    assert (done.returncode, "error[E534]" in done.stderr, "model.onnx.data" in done.stderr) == (5, True, True)
    assert "best.safetensors is intact" in done.stderr
    (folder / "run/model.onnx").unlink()
    assert predictions(run, "run") == before


def test_bytes_alone_cannot_hold_it(large: None) -> None:
    with pytest.raises(DiagnosticError, match="E566"):
        export.deployable(netc.load("examples/lecture/lenet5.net"))


@pytest.mark.skipif(os.name == "nt", reason="limits are others there")
@pytest.mark.parametrize("before", [False, True])
def test_a_full_disk_leaves_no_half(run: Run, folder: Path, large: None, before: bool) -> None:
    """The weights take 1,100 bytes and more: a limit on the size of files ends within them."""
    if before:
        assert run("compile", "tiny.net", "--seed", "1", "-o", "a.onnx").returncode == 0
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        done = run("compile", "tiny.net", "-o", "a.onnx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (done.returncode, "error[E562]" in done.stderr) == (5, True), done.stderr
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == kept


def test_never_the_new_one_of_one_and_the_old_of_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the renames leaves data without a model, which nothing reads."""
    data, model = tmp_path / "m.data", tmp_path / "m.onnx"
    files.write_pair(data, [b"old"], model, b"old", None)
    replace = os.replace

    def crash(source: str, target: Path) -> None:
        if target == model:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        files.write_pair(data, [b"n", b"ew"], model, b"new", None)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"m.data": b"new"}


def test_a_disk_that_is_too_small_is_said_before(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights six times, Adam's two slots thrice: 48 bytes a parameter, and a little less for each buffer."""
    net = netc.load("tiny.net")
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=47 * net.params))
    done = run(*TRAIN, "--out", "run")
    assert (done.returncode, "error[E562]: cannot write run: the files of the run take" in done.stderr) == (5, True)
    assert "epoch" not in done.stderr
    assert not (folder / "run").exists()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=49 * net.params))
    assert run(*TRAIN, "--out", "run").returncode == 0
