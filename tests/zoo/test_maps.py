"""Weight files of others, by a map beside the net: what is taken, and what is said where something doesn't fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import netc
from netc.cli import run
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.folder.initial import read_initial, read_starts

TEXT = """
net A {
  input image: 1x8x8
  cnn    = { stem = conv(4, 3x3, pad=same, bias=false) -> batchnorm }
  relu -> flatten
  logits = dense(10)
}
train A { loss = cross_entropy(logits, label); data = "digits"; epochs = 1; batch = 500; %s }
"""
MAPS = r"""
[maps]
theirs = [['^features\.0\.', 'cnn.stem.conv1.'], ['^features\.1\.', 'cnn.stem.batchnorm1.'], ['^fc\.', 'logits.'],
          ['^index$', '']]
cnn    = [['^features\.0\.', 'stem.conv1.'], ['^features\.1\.', 'stem.batchnorm1.']]
double = [['^.*\.weight$', 'logits.weight']]
"""
OURS = {"features.0": "cnn.stem.conv1", "features.1": "cnn.stem.batchnorm1", "fc": "logits"}


@pytest.fixture
def theirs(tmp_path: Path) -> dict[str, np.ndarray]:
    """Weights under their names, with a counter and a table that the net has no use for."""
    random = np.random.default_rng(0)
    shapes = {"features.0.weight": (4, 1, 3, 3), "fc.weight": (10, 256), "fc.bias": (10,)}
    shapes |= {f"features.1.{leaf}": (4,) for leaf in ("weight", "bias", "running_mean", "running_var")}
    tensors = {name: random.random(shape).astype(np.float32) for name, shape in shapes.items()}
    spare = {"features.1.num_batches_tracked": np.array(3), "index": np.arange(4)}
    save_file(tensors | spare, tmp_path / "theirs.safetensors")
    (tmp_path / "a.toml").write_text(MAPS)
    return tensors


def net(folder: Path, settings: str = "") -> Any:
    (folder / "a.net").write_text(TEXT % settings)
    return netc.load(folder / "a.net")


def renamed(theirs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{OURS[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": item for name, item in theirs.items()}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return found.keys() == expected.keys() and all(np.array_equal(found[name], expected[name]) for name in expected)


def test_a_map_beside_the_net_translates_all_names(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    found = read_initial(tmp_path / "theirs.safetensors", net(tmp_path), map="theirs")
    assert same(found.weights, renamed(theirs))
    assert found.lines == [f"7 tensors from {tmp_path / 'theirs.safetensors'}"]


@pytest.mark.parametrize(
    "init",
    ['weights("theirs.safetensors", map = "theirs")', 'weights("theirs.safetensors", map = ["theirs"])',
     '["cnn": weights("theirs.safetensors", map = ["cnn", ["fc": none, "index": none]])]'],
)  # fmt: skip
def test_a_text_names_a_map(init: str, theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    made = net(tmp_path, f"init = {init}")
    found = read_starts(made, made.plan()).weights
    part = "cnn." if init.startswith("[") else ""
    assert same(found, {name: item for name, item in renamed(theirs).items() if name.startswith(part)})


def test_beginnings_are_replaced_before_names(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    save_file({f"model.{name}": item for name, item in renamed(theirs).items()}, tmp_path / "theirs.safetensors")
    made = net(tmp_path, 'init = weights("theirs.safetensors", map = ["model.": "", "logits": none])')
    found = read_starts(made, made.plan())
    assert same(found.weights, {name: item for name, item in renamed(theirs).items() if name.startswith("cnn.")})
    assert found.lines[1:] == ["freshly initialised: logits.weight, logits.bias"]


def test_what_is_left_out_after_a_map_is_drawn(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    made = net(tmp_path, 'init = weights("theirs.safetensors", map = ["theirs", ["logits": none]])')
    found = read_starts(made, made.plan())
    assert same(found.weights, {name: item for name, item in renamed(theirs).items() if name.startswith("cnn.")})
    assert found.lines[1:] == ["freshly initialised: logits.weight, logits.bias"]


def test_the_command_line_names_a_map(
    theirs: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    net(tmp_path)
    monkeypatch.chdir(tmp_path)
    save_file({f"module.{name}": item for name, item in theirs.items()}, "parallel.safetensors")
    given = ["train", "a.net", "--init", "parallel.safetensors", "--map", "module.=", "--map", "theirs"]
    assert run([*given, "--lr", "1e-12", "--out", "r"]) == 0
    assert "init         7 tensors from parallel.safetensors" in capsys.readouterr().err
    kept = load_file("r/best.safetensors")
    np.testing.assert_allclose(kept["cnn.stem.conv1.weight"], theirs["features.0.weight"], atol=1e-6)
    assert run([*given, "--map", "cnn"]) == 2


def test_a_model_is_compiled_with_them(
    theirs: dict[str, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = netc.Model(net(tmp_path), device="cpu")
    monkeypatch.chdir(tmp_path)
    model.load("theirs.safetensors", map="theirs")
    assert same(model.state_dict(), renamed(theirs))
    given = ["compile", "a.net", "-o", "a.onnx"]
    assert run([*given, "--weights", "theirs.safetensors", "--map", "theirs"]) == 0
    assert same(read_initial(Path("a.onnx"), model.net).weights, renamed(theirs))
    assert run([*given, "--map", "theirs"]) == 2


def test_what_does_not_fit_is_reported_by_name(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    theirs["fc.weight"] = theirs["fc.weight"][:5]
    del theirs["fc.bias"]
    theirs["features.9.weight"] = theirs["features.0.weight"]
    save_file(theirs, tmp_path / "other.safetensors")
    with pytest.raises(DiagnosticError) as caught:
        read_initial(tmp_path / "other.safetensors", net(tmp_path), map="theirs")
    found = {(item.code, item.message.split("`")[1]) for item in caught.value.diagnostics}
    assert found == {("E550", "logits.bias"), ("E552", "logits.weight"), ("E551", "features.9.weight")}
    told = read_initial(tmp_path / "other.safetensors", net(tmp_path), map="theirs", partial=True).lines
    assert told == [
        f"5 of 7 tensors from {tmp_path / 'other.safetensors'}: 5 loaded, 1 shape differs, 1 missing, 1 unused",
        "shape differs: logits.weight: 5x256 in the file, 10x256 here; drawn anew, or give the net 5 of them",
        "missing: logits.bias",
        "unused: features.9.weight",
    ]


@pytest.mark.parametrize(
    ("map", "partial", "code", "message"),
    [
        ("their", False, "E570", "no map of names is called `their` beside"),
        ("double", False, "E551", "are both called `logits.weight` by the map"),
        ("cnn", True, "E550", "no tensor in"),
        (None, False, "E551", "are called as theirs calls them"),
    ],
)
def test_a_map_that_does_not_fit(
    map: str | None, partial: bool, code: str, message: str, theirs: dict[str, np.ndarray], tmp_path: Path
) -> None:
    with pytest.raises(DiagnosticError) as caught:
        read_initial(tmp_path / "theirs.safetensors", net(tmp_path), map=map, partial=partial)
    assert caught.value.diagnostics[0].code == code
    assert message in caught.value.diagnostics[0].message


def test_maps_that_cannot_be_read(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[maps")
    with pytest.raises(DiagnosticError) as caught:
        read_initial(tmp_path / "theirs.safetensors", net(tmp_path), map="theirs")
    assert caught.value.diagnostics[0].code == "E570"
    assert "cannot read the maps" in caught.value.diagnostics[0].message


def test_a_map_lies_beside_a_file_that_is_used(theirs: dict[str, np.ndarray], tmp_path: Path) -> None:
    net(tmp_path)
    (tmp_path / "b.net").write_text(
        'use "a.net" (A)\nnet B {\n  input image: 1x8x8\n  a = A()\n  head = dense(2)\n}\n'
        'train B { loss = cross_entropy(head, label); init = ["a": weights("theirs.safetensors", map = "theirs")] }\n'
    )
    made = netc.load(tmp_path / "b.net")
    assert same(read_starts(made, made.plan()).weights, {f"a.{name}": item for name, item in renamed(theirs).items()})
