"""The summary as a table: plain, on a terminal, in Markdown; and the figures against counts made by hand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import netc.cli as cli

EXAMPLES = Path(__file__).parents[2] / "examples"
PUBLISHED = {
    "lecture/dense.net": 407_050, "lecture/dense_functional.net": 55_050, "lecture/cnn.net": 61_482,
    "lecture/cnn_functional.net": 129_130, "lecture/residual_cnn.net": 129_130, "lecture/lenet5.net": 61_706,
    "zoo/alexnet.net": 61_100_840, "zoo/vgg.net": 138_357_544, "zoo/resnet.net": 25_557_032,
}  # fmt: skip
SHARED = """net Siamese {
  input left: 1x8x8, right: 1x8x8
  shared embed = flatten -> dense(16, act=relu)
  a = left -> embed
  b = right -> embed
  distance = a - b -> abs -> dense(1)
}
"""
HEADS = """net Heads {
  input map: 4x8x8
  conv(8, 3x3, pad=same, act=relu)
  train only { aux = global_avgpool -> dense(3) }
  logits = global_avgpool -> dense(3)
}
train Heads { loss = [main: cross_entropy(logits, label), aux: 0.3 * cross_entropy(aux, label)] }
"""


def summary(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code = cli.run(["summary", *arguments])
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


@pytest.mark.parametrize(("file", "params"), PUBLISHED.items())
def test_published_counts(file: str, params: int, capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = json.loads(summary(capsys, str(EXAMPLES / file), "--format", "json"))
    assert found["totals"]["params"] == params
    assert sum(layer["params"] for layer in found["layers"]) == params
    assert sum(layer["flops"] for layer in found["layers"]) == found["totals"]["flops"]
    assert sum(layer["buffers"] for layer in found["layers"]) == found["totals"]["buffers"]


@pytest.mark.quick(4)
@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*/*.net")), ids=lambda path: path.name)
@pytest.mark.parametrize("options", [(), ("--depth", "0"), ("--depth", "2"), ("--format", "md")], ids=" ".join)
def test_readable_at_80_columns(file: Path, options: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    lines = summary(capsys, str(file), *options).splitlines()
    assert "md" in options or max(map(len, lines)) <= 80
    assert any("parameters" in line for line in lines)


def test_shared_weights_count_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.net").write_text(SHARED, "utf-8")
    found = json.loads(summary(capsys, str(tmp_path / "m.net"), "--format", "json"))
    dense = [layer["params"] for layer in found["layers"] if layer["type"] == "dense"]
    assert dense == [64 * 16 + 16, 0, 17]
    assert found["totals"]["params"] == 64 * 16 + 16 + 17
    assert found["totals"]["flops"] == 2 * 64 * 16 + 16


def test_training_only_layers_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.net").write_text(HEADS, "utf-8")
    found = json.loads(summary(capsys, str(tmp_path / "m.net"), "--format", "json"))
    assert found["totals"]["params"] == 4 * 9 * 8 + 8 + 8 * 3 + 3
    assert not any(layer["name"].startswith("aux") for layer in found["layers"])
    assert "2 more layers exist in training alone" in summary(capsys, str(tmp_path / "m.net"))


def test_batch_changes_the_memory_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.net").write_text(HEADS, "utf-8")
    small, large = (summary(capsys, str(tmp_path / "m.net"), "--batch", size).splitlines() for size in ("1", "64"))
    different = [(a, b) for a, b in zip(small, large, strict=True) if a != b]
    assert len(different) == 1
    assert different[0][0].startswith("memory")


def test_open_sizes_are_texts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.net").write_text("net A {\n  input x: [3, H, W]\n  conv(2, 3x3)\n}\n", "utf-8")
    found = json.loads(summary(capsys, str(tmp_path / "m.net"), "--format", "json"))
    assert found["inputs"][0]["shape"] == [3, "H", "W"]
    assert found["layers"][0]["output_shape"][0] == 2
    assert isinstance(found["totals"]["flops"], str)
    assert "(H - 2)" in summary(capsys, str(tmp_path / "m.net"))


@pytest.mark.parametrize("key", ["layers", "rows"])
def test_operators_between_layers_are_looked_through(
    key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "net Part {\n  input x: 3x8x8\n  relu\n}\n"
    text += "net A {\n  input image: bytes 8x8x3\n  a = relu\n  b = zeros([3, 8, 8]) -> Part\n  [a, b] -> add\n}\n"
    (tmp_path / "m.net").write_text(text, "utf-8")
    found = json.loads(summary(capsys, str(tmp_path / "m.net"), "--format", "json", "--depth", "9"))[key]
    told = [(layer["name"], layer["inputs"]) for layer in found]
    assert told == [
        ("a", ["image"]), ("b.zeros1", []), ("b.Part1.relu1", ["b.zeros1"]), ("add1", ["a", "b.Part1.relu1"]),
    ]  # fmt: skip


def test_parts_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    text = re.sub(r"\x1b\[\d*m", "", summary(capsys, str(EXAMPLES / "zoo/resnet_cifar.net"), "--depth", "1"))
    (line,) = (line for line in text.splitlines() if "stage2 (for)" in line)
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["stage2 (for)", "32x16x16", "27", "51,648", "stage1"]


def test_long_tables_are_plain_on_terminals_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = summary(capsys, str(EXAMPLES / "lecture/cnn.net"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert summary(capsys, str(EXAMPLES / "lecture/cnn.net")) != plain
    monkeypatch.setattr("netc.cli.table.LONG", 3)
    assert summary(capsys, str(EXAMPLES / "lecture/cnn.net")) == plain
