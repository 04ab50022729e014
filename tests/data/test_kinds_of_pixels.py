"""Pixels that are no levels of 8 or 16 bits are refused by name, and of several frames it is said which is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from netc.runtime.data import open_data, read_inputs
from netc.runtime.data.images.decode import read_header, read_image

from .makers import image_port, pixels, write_image

PORTS = [image_port(1, 4, 6)]


def signed(path: Path) -> None:
    """16 bits with a sign: Pillow reads such a file, and writes none."""
    made = Image.fromarray(np.full((4, 6), 700, np.uint16))
    made.save(path, tiffinfo={339: 2})
    content = path.read_bytes()
    path.write_bytes(content.replace(np.full(24, 700, "<u2").tobytes(), np.full(24, -3, "<i2").tobytes()))


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "floats": (lambda path: Image.fromarray(np.full((4, 6), 0.5, np.float32)).save(path), "floats"),
    "32 bits": (lambda path: Image.fromarray(np.full((4, 6), 40_000, np.int32)).save(path), "32 bits"),
    "large ones": (lambda path: Image.fromarray(np.full((4, 6), 1 << 30, np.int32)).save(path), "32 bits"),
    "colours by another name": (lambda path: Image.new("LAB", (6, 4)).save(path), "L*a*b*"),
    "below 0": (signed, "from -3 to -3"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", ["folder", "streamed", "predict"])
def test_what_has_no_white(tmp_path: Path, fails, monkeypatch: pytest.MonkeyPatch, kind: str, way: str) -> None:
    make, said = KINDS[kind]
    path = tmp_path / "a" / "0.tif"
    path.parent.mkdir()
    make(path)
    if way == "streamed":
        monkeypatch.setattr("netc.runtime.data.images.pictures.IN_MEMORY", 0)
    read = (lambda: read_inputs([path], PORTS)) if way == "predict" else (lambda: open_data(str(tmp_path)))
    found = fails("E512", read, str(path), said)
    assert ".npz" in found.help
    assert "again" not in found.help


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_grey_of_8_and_16_bits_is_read(tmp_path: Path, levels: type) -> None:
    made = (pixels(4, 6).astype(levels) * (257 if levels is np.uint16 else 1)).astype(levels)
    path = write_image(tmp_path / "0.tif", made)
    assert np.allclose(read_inputs([path], PORTS).arrays["image"][0, 0], pixels(4, 6) / 255, atol=1e-6)


@pytest.mark.parametrize("ending", ["gif", "tif", "webp", "png"])
def test_the_first_of_several_frames_is_said(tmp_path: Path, ending: str) -> None:
    frames = [Image.fromarray(np.full((4, 6, 3), shade, np.uint8)) for shade in (0, 255, 128)]
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        how = {"lossless": True} if ending == "webp" else {}
        frames[0].save(tmp_path / name / f"0.{ending}", save_all=True, append_images=frames[1:], **how)
        frames[0].save(tmp_path / name / f"1.{ending}")
    data = open_data(str(tmp_path))
    assert data.notes == ("2 images of several frames or pages: the first of each is read",)
    assert not data.parts["all"].fields["image"][:].any()
    found = read_inputs([tmp_path], [image_port(3, 4, 6)])
    assert "2 images: several frames or pages, of which the first is read" in found.notes
    assert read_image(tmp_path / "a" / f"0.{ending}", 3).max() == 0


def test_what_breaks_behind_the_first_frame_is_not_looked_at(tmp_path: Path) -> None:
    frames = [Image.fromarray(pixels(40, 60, 3, seed=seed)) for seed in (0, 1)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    content = (tmp_path / "x.gif").read_bytes()
    whole = read_image(tmp_path / "x.gif", 3)
    for size in range(len(content) - 2000, len(content), 200):
        (tmp_path / "x.gif").write_bytes(content[:size])
        assert np.array_equal(read_image(tmp_path / "x.gif", 3), whole)
        assert read_header(tmp_path / "x.gif").width == 60
