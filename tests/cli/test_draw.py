"""`netc predict --draw`, as people call it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SEGMENT = """
net S { input image: 3x16x16; mask = conv(3, 3x3, pad=same) }
train S { loss = cross_entropy(mask, label); optimizer = adam(lr=1e-2); epochs = 1 }
"""
BARE = "net B { input image: 3x16x16; conv(5, 3x3, pad=same) }"


def data(**more: Any) -> bytes:
    random = np.random.default_rng(0)
    file = io.BytesIO()
    images = random.integers(0, 256, (70, 3, 16, 16), np.uint8)
    np.savez(file, image=images, label=random.integers(0, 3, (70, 16, 16)), **more)
    return file.getvalue()


@pytest.mark.slow
def test_a_sheet_and_a_folder(netc: Any, tmp_path: Path) -> None:
    files = {"s.net": SEGMENT, "s.npz": data(class_names=np.array(["ground", "cat", "dog"]))}
    assert netc("train", "s.net", "--data", "s.npz", "--out", "run", "--device", "cpu", files=files).returncode == 0
    done = netc("predict", "run", "s.npz", "--draw", "new/sheet.png", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["predictions"]) == 70
    assert "drew new/sheet.png: 64 answers of 70; a folder takes all" in done.stderr.replace("\\", "/")
    with Image.open(tmp_path / "new/sheet.png") as sheet:
        assert sheet.format == "PNG"
    done = netc("predict", "run", "run/sample.npz", "--draw", "each")
    assert "drew 7 answers into each" in done.stderr
    assert {path.name for path in (tmp_path / "each").iterdir()} == {f"sample.npz-{row}.png" for row in range(7)}
    first = (tmp_path / "each/sample.npz-0.png").read_bytes()
    netc("predict", "run", "run/sample.npz", "--draw", "each")
    assert (tmp_path / "each/sample.npz-0.png").read_bytes() == first


@pytest.mark.slow
def test_what_is_refused(netc: Any, tmp_path: Path) -> None:
    assert netc("compile", "b.net", "-o", "b.onnx", files={"b.net": BARE, "s.npz": data()}).returncode == 0
    done = netc("predict", "b.onnx", "s.npz", "--draw", "a.png")
    assert done.returncode == 5
    assert "error[E571]" in done.stderr
    assert "say it: `--as mask` or `--as points`" in done.stderr
    assert not (tmp_path / "a.png").exists()
    assert netc("predict", "b.onnx", "s.npz", "--draw", "a.png", "--as", "mask").returncode == 0
    done = netc("predict", "b.onnx", "s.npz", "--draw", "a.jpg")
    assert done.returncode == 5
    assert "error[E501]" in done.stderr
    done = netc("predict", "b.onnx", "s.npz", "--as", "mask")
    assert done.returncode == 2
    assert "belong to --draw" in done.stderr
