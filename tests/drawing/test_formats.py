"""A small net in the formats that are texts, as files that a person can read; and its picture."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from netc.compiler import load
from netc.compiler.drawing import formats
from netc.compiler.drawing.build import draw
from netc.compiler.drawing.dot import dot
from netc.compiler.drawing.mermaid import mermaid
from netc.compiler.drawing.model import Drawing
from netc.compiler.drawing.png import png
from netc.compiler.drawing.svg import svg

HERE = Path(__file__).parent
NET = (HERE / "small.net").read_text("utf-8")


@pytest.fixture(scope="module")
def drawing() -> Drawing:
    return draw(load("small.net", source=NET))


@pytest.mark.parametrize(("ending", "write"), [("dot", dot), ("mmd", mermaid), ("svg", lambda it: svg(it, "light"))])
def test_text(ending: str, write: Callable[[Drawing], str], drawing: Drawing, request: pytest.FixtureRequest) -> None:
    """`pytest tests/drawing --update-golden` rewrites the files: look at the difference, and at the picture."""
    path = HERE / f"small.{ending}"
    found = write(drawing)
    if request.config.getoption("--update-golden"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def colours(content: bytes) -> set[tuple[int, ...]]:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return {colour for _, colour in image.getcolors(1 << 24)}  # type: ignore[union-attr, misc]


@pytest.mark.slow
def test_png(drawing: Drawing) -> None:
    """Blue for convolutions, orange for what is dense; of the size that was asked for, on white or on dark."""
    light, dark = png(drawing), png(drawing, "dark")
    assert {(0xD7, 0xE8, 0xF5), (0xFB, 0xE3, 0xD1), (255, 255, 255)} <= colours(light)
    assert {(0x12, 0x36, 0x4F), (0x14, 0x17, 0x1B)} <= colours(dark)
    once, twice = (Image.open(io.BytesIO(png(drawing, scale=scale))).size for scale in (1.0, 2.0))
    assert all(abs(b - 2 * a) <= 2 for a, b in zip(once, twice, strict=True))


def test_heat_has_shades_for_shares(drawing: Drawing) -> None:
    heated = draw(load("small.net", source=NET), heat="params")
    text = svg(heated, "light")
    assert "up to 5 % of the largest box" in text
    assert 'class="heat4"' in text
    assert 'class="convolution"' not in text


def test_contrast_of_all_colours() -> None:
    """Text on what it stands on has the 4.5 : 1 that WCAG 2 asks for, in light and in dark."""
    from netc.compiler.drawing import palette

    for which, fills in ((0, palette.LIGHT), (1, palette.DARK)):
        for name, (fill, _) in fills.items():
            for kind, text in palette.TEXT.items():
                if kind != "shape" or name in ("paper", "frame"):  # shapes stand beside wires
                    assert contrast(text[which], fill) >= 4.5, (name, kind)


def contrast(one: str, other: str) -> float:
    high, low = sorted((light_of(one), light_of(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def light_of(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_drawing_overwrites_no_hidden_file_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mine := tmp_path / f".a.svg.{os.getpid()}").write_text("mine")
    monkeypatch.setattr(formats, "render", lambda drawing, ending, look: b"drawn")
    formats.save(None, tmp_path / "a.svg")  # type: ignore[arg-type]
    assert (mine.read_text(), (tmp_path / "a.svg").read_text()) == ("mine", "drawn")
