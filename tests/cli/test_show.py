"""`netc show`, `netc style` and `netc report`, as people call them, on one small run."""

from __future__ import annotations

import io
import json
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from warm import EXAMPLE, netc_in

RUN = ("train", EXAMPLE, "--set", "width=4", "--epochs", "1", "--out", "run", "--device", "cpu", "--seed", "0")
OF_PICTURES = {
    "activations": ("--layer", "skip"), "saliency": ("--class", "3"), "gradcam": (), "occlusion": ("--patch", "3"),
    "invert": ("--steps", "3"),
}  # fmt: skip
OF_ROWS = {"embedding": ("--rows", "50"), "confusion": (), "errors": ("--most", "3")}
PLOTS = ("embedding", "confusion", "weights")
OF_A_NET = {"filters": (), "features": ("--steps", "3", "--unit", "1"), "weights": ("--of", "conv*")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a run and a digit."""
    made = tmp_path_factory.mktemp("show")
    done = netc_in(made, *RUN)
    assert done.returncode == 0, done.stderr
    digit = np.zeros((8, 8), np.uint8)
    digit[1:7, 3:5] = 200
    Image.fromarray(digit).save(made / "one.png")
    photo = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
    Image.fromarray(photo).save(made / "photo.png")
    (made / "colours.net").write_text("net C { input image: 3x32x32; a = conv(4, 3x3); b = conv(5, 3x3, act=relu) }")
    return made


@pytest.mark.quick(1)
@pytest.mark.parametrize(
    ("way", "arguments"),
    [(way, ("one.png", *more)) for way, more in OF_PICTURES.items()] + list((OF_ROWS | OF_A_NET).items()),
)
def test_every_way_of_a_run(folder: Path, way: str, arguments: tuple[str, ...]) -> None:
    file = f"{way}.npz" if way in PLOTS else f"{way}.png"
    done = netc_in(folder, "show", way, "run", *arguments, "--format", "json", "-o", file)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["way"], said["file"]) == (way, file)
    assert said["arrays"]
    if way in ("saliency", "gradcam", "occlusion"):
        assert said["notes"][0].startswith("class "), "whose class the picture is about"
    if way in PLOTS:
        assert {name: list(array.shape) for name, array in np.load(folder / file).items()} == said["arrays"]
    else:
        with Image.open(folder / file) as picture:
            assert min(picture.size) > 40


def test_numbers_and_plots(folder: Path) -> None:
    done = netc_in(folder, "show", "filters", "run", "-o", "deep/filters.npz")
    assert "filters of Digits" in done.stdout
    assert np.load(folder / "deep/filters.npz")["conv1"].shape == (4, 1, 3, 3)
    assert netc_in(folder, "show", "confusion", "run", "-o", "c.svg").returncode == 0
    assert "<svg" in (folder / "c.svg").read_text()
    done = netc_in(folder, "show", "curves", "run", "-o", "curves.svg")
    assert done.returncode == 0, done.stderr
    assert "<svg" in (folder / "curves.svg").read_text()
    done = netc_in(folder, "show", "curves", "run", "-o", "curves.npz", "--format", "json")
    assert json.loads(done.stdout)["arrays"] == {
        name: list(x.shape) for name, x in np.load(folder / "curves.npz").items()
    }


def test_dream_and_style_of_a_photograph(folder: Path) -> None:
    done = netc_in(folder, "show", "dream", "colours.net", "photo.png", "--steps", "1", "--octaves", "1")
    assert done.returncode == 0, done.stderr
    assert "these are drawn" in done.stderr
    done = netc_in(folder, "style", "photo.png", "photo.png", "--with", "colours.net", "--steps", "2", "--width", "32",
                   "--format", "json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["size"] == [32, 27]
    with Image.open(folder / "styled.png") as picture:
        assert picture.size == (32, 27)


@pytest.mark.quick(2)
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("gradcam", "run", "one.png", "--class", "eleven"), 2, "no class is called `eleven`"),
        (("gradcam", "run", "one.png", "--class", "30"), 2, "take a number from 0 to "),
        (("gradcam", "run", "one.png", "--layer", "conv9"), 3, "E280"),
        (("features", "run", "--layer", "logits", "--size", "32"), 3, "E281"),
        (("features", "run", "--layer", "conv1", "--unit", "9"), 5, "E593"),
        (("filters", "run", "-o", "filters.svg"), 5, "E501"),
        (("filter", "run"), 2, "filters"),
        (("filters", "run", "--net", "Digits"), 2, "a run has its own"),
        (("confusion", "colours.net"), 2, "--data"),
    ],
)
def test_mistakes(folder: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    before = {path.name for path in folder.iterdir()}
    done = netc_in(folder, "show", *arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.slow
def test_a_report_is_one_page(folder: Path) -> None:
    done = netc_in(folder, "report", "run", "-o", "report.html")
    assert done.returncode == 0, done.stderr
    page = (folder / "report.html").read_text(encoding="utf-8")
    found = Page()
    found.feed(page)
    assert found.open == []
    assert "script" not in found.tags
    assert all(source.startswith("data:image/png;base64,") for source in found.sources)
    for source in found.sources:
        with Image.open(io.BytesIO(b64decode(source.partition(",")[2]))) as picture:
            picture.load()
    assert len(found.sources) == 7
    for words in ("Digits, run", "Worst errors", "width=4", "dropout(0.25)", "validation_accuracy", "Confusion"):
        assert words in page
    assert "Not shown" not in page
    assert netc_in(folder, "report", "run", "-o", "report.pdf").returncode == 2


class Page(HTMLParser):
    """Which tags a page has, which of them are left open, and what its pictures are."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.sources.append(dict(attrs)["src"] or "")
        elif tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_help_lists_the_ways(folder: Path) -> None:
    said: Any = netc_in(folder, "show", "--help").stdout
    for way in (*OF_PICTURES, *OF_ROWS, *OF_A_NET, "dream", "curves"):
        assert f"  {way} " in said
