"""Images that are formally closed and lack rows: refused, in every format that has a way to write such a file."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.images import whole
from netc.runtime.data.images.decode import read_image
from netc.runtime.data.open import open_data

SIDE, KEPT = 24, 8
PIXELS = np.random.default_rng(0).integers(1, 255, (SIDE, SIDE, 3)).astype(np.uint8)
LARGE = np.kron(PIXELS, np.ones((20, 20, 1), np.uint8))
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
"""Of an interlaced PNG: the first column and row, and the steps."""


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(rows: bytes, height: int = SIDE, *, interlaced: bool = False) -> bytes:
    header = struct.pack(">IIBBBBB", SIDE, height, 8, 2, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def plain(rows: int) -> bytes:
    return b"".join(b"\0" + PIXELS[y].tobytes() for y in range(rows))


def interlaced(passes: int) -> bytes:
    return b"".join(
        b"\0" + PIXELS[y, left::right].tobytes()
        for left, top, right, down in PASSES[:passes]
        for y in range(top, SIDE, down)
    )


def saved(pixels: np.ndarray, kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **how)
    return file.getvalue()


def jpeg(share: float, pixels: np.ndarray = PIXELS, **how: Any) -> bytes:
    """A JPEG with a share of what its first scan and those behind it hold, and the end mark."""
    return cut(saved(pixels, "JPEG", quality=90, **how), share)


def cut(content: bytes, share: float) -> bytes:
    first = content.index(b"\xff\xda")
    first += 2 + int.from_bytes(content[first + 2 : first + 4], "big")
    end = first + int((len(content) - 2 - first) * share)
    return content[:end].rstrip(b"\xff") + b"\xff\xd9"


def two_pictures(share: float, pixels: np.ndarray = PIXELS) -> bytes:
    """A JPEG of two pictures, as cameras write them, of which the first is cut in the same way."""
    content = saved(pixels, "MPO", quality=90, save_all=True, append_images=[Image.fromarray(pixels)])
    second = content.index(b"\xff\xd9\xff\xd8") + 2
    return cut(content[:second], share) + content[second:]


def gif() -> bytes:
    content = bytearray(saved(PIXELS[:KEPT, :, 0], "GIF"))
    at = content.index(b"\x2c" + struct.pack("<HHHH", 0, 0, SIDE, KEPT))
    content[8:10] = content[at + 7 : at + 9] = struct.pack("<H", SIDE)
    return bytes(content)


def bmp() -> bytes:
    return saved(PIXELS, "BMP")[: 54 + 3 * SIDE * KEPT]


def tiff(packing: str | None, rows_of_a_strip: int) -> bytes:
    """A TIFF of few rows that says that it has others."""
    content = bytearray(saved(PIXELS[:KEPT], "TIFF", compression=packing))
    (at,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, at)
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag = int.from_bytes(content[entry : entry + 2], "little")
        if tag in (257, 278):
            content[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, SIDE if tag == 257 else rows_of_a_strip)
    return bytes(content)


def webp(**how: Any) -> bytes:
    content = saved(LARGE, "WEBP", **how)
    at = content.index(b"VP8")
    kept = (int.from_bytes(content[at + 4 : at + 8], "little") // 3) & ~1
    part = content[at : at + 4] + struct.pack("<I", kept) + content[at + 8 : at + 8 + kept]
    return b"RIFF" + struct.pack("<I", 4 + len(part)) + b"WEBP" + part


CUT: dict[str, Callable[[], bytes]] = {
    "a third of a png": lambda: png(plain(KEPT)),
    "png without its last row": lambda: png(plain(SIDE - 1)),
    "png without a row": lambda: png(b""),
    "interlaced png of five passes": lambda: png(interlaced(5), interlaced=True),
    "interlaced png of six passes": lambda: png(interlaced(6), interlaced=True),
    "jpeg": lambda: jpeg(0.4),
    "large jpeg": lambda: jpeg(0.4, LARGE),
    "large jpeg of grey": lambda: jpeg(0.6, LARGE[:, :, 0]),
    "large jpeg with every colour in full": lambda: jpeg(0.8, LARGE, subsampling=0),
    "jpeg with restarts": lambda: jpeg(0.5, LARGE, restart_marker_rows=4),
    "progressive jpeg": lambda: jpeg(0.4, LARGE, progressive=True),
    "jpeg of two pictures": lambda: two_pictures(0.4),
    "large jpeg of two pictures": lambda: two_pictures(0.4, LARGE),
    "gif": gif,
    "bmp": bmp,
    **{
        f"tiff, {packing or 'not packed'}, strips of {rows}": lambda packing=packing, rows=rows: tiff(packing, rows)  # type: ignore[misc]
        for packing in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits")
        for rows in (KEPT, SIDE)
    },
    "webp": lambda: webp(quality=80),
    "webp without loss": lambda: webp(lossless=True),
    "ppm": lambda: b"P6\n24 24\n255\n" + PIXELS[:KEPT].tobytes(),
    "ppm in digits": lambda: b"P3\n24 24\n255\n" + b" ".join(b"%d" % level for level in PIXELS[:KEPT].ravel()),
}


@pytest.mark.parametrize("name", CUT)
def test_missing_rows_are_damage(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(CUT[name]())
    with pytest.raises(DiagnosticError) as caught:
        read_image(path, 3)
    assert [found.code for found in caught.value.diagnostics] == ["E502"]
    assert str(path) in str(caught.value)


def test_whole_jpegs_of_two_pictures_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(two_pictures(1.0, LARGE))
    with Image.open(tmp_path / "a.jpg", formats=("JPEG",)) as image:
        assert (image.format, image.n_frames) == ("MPO", 2)  # type: ignore[attr-defined]
    assert read_image(tmp_path / "a.jpg", 3).shape == LARGE.shape


def test_no_data_are_made_of_one(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(4):
            (tmp_path / name / f"{number}.png").write_bytes(png(plain(SIDE)))
    (tmp_path / "dog/2.png").write_bytes(png(plain(KEPT)))
    with pytest.raises(DiagnosticError, match=r"E502.*dog.2\.png"):
        open_data(tmp_path)
    assert len(open_data(f"{tmp_path}:damaged=skip").parts["all"]) == 7


@pytest.mark.parametrize("level", [0, 85, 128, 170, 255])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (9, 17)])
def test_whole_ones_of_one_colour_are_read(mode: str, level: int, size: tuple[int, int], tmp_path: Path) -> None:
    """Whatever the colour is that decoders leave, or that a check begins with."""
    Image.new("L", size, level).convert(mode, dither=Image.Dither.NONE).save(tmp_path / "a.png")
    found = read_image(tmp_path / "a.png", 3)
    assert found.shape == (size[1], size[0], 3)
    assert (found == (255 * (level > 127) if mode == "1" else level)).all()


@pytest.mark.parametrize("packing", [None, "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_whole_tiffs_are_read_whatever_their_turn(packing: str | None, turn: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    pixels = np.full((5, 7, 3), 85, np.uint8)
    pixels[0, 0] = 170
    Image.fromarray(pixels).save(tmp_path / "a.tif", exif=exif, compression=packing)
    found = read_image(tmp_path / "a.tif", 3)
    assert found.shape == ((5, 7, 3) if turn < 5 else (7, 5, 3))
    assert np.sort(found.ravel()).tolist() == [85] * 102 + [170] * 3


@pytest.mark.quick(12)
@pytest.mark.parametrize("how", [{}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 2}])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("quality", [5, 75, 100])
def test_whole_jpegs_that_end_in_grey_are_read(
    quality: int, subsampling: int, how: dict[str, Any], tmp_path: Path
) -> None:
    """What libjpeg makes of missing blocks is grey of 128; so are these, in their last corner or everywhere."""
    for width, height in ((1, 1), (8, 8), (17, 33), (64, 40)):
        pixels = np.full((height, width, 3), 128, np.uint8)
        for image in (pixels, np.where(np.arange(height)[:, None, None] < height // 2, PIXELS[0, 0], pixels)):
            for shown in (image, image[:, :, 0]):
                content = saved(shown.astype(np.uint8), "JPEG", quality=quality, subsampling=subsampling, **how)
                (tmp_path / "a.jpg").write_bytes(content)
                found = read_image(tmp_path / "a.jpg", 3)
                assert (found == np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))).all()


class Looked(bytes):
    """The head of a scan that counts how often it is looked at."""

    count = 0

    def __getitem__(self, at: Any) -> Any:
        type(self).count += 1
        return super().__getitem__(at)


@pytest.mark.parametrize("scans", [50, 100])
def test_each_scan_of_a_jpeg_is_looked_at_once(scans: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: a scan of 11 bytes that was compared with all before it made seconds of kilobytes."""
    content = saved(np.full((8, 8), 30, np.uint8), "JPEG", progressive=True)
    first, second = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xda"][:2]
    repeated = content[:second] + content[first:second] * scans + content[second:]
    segments = whole._segments
    monkeypatch.setattr(
        whole, "_segments", lambda content: ((mark, Looked(body), at) for mark, body, at in segments(content))
    )
    monkeypatch.setattr(Looked, "count", 0)
    with Image.open(io.BytesIO(repeated)) as image:
        whole.load_whole(image)
    assert 0 < Looked.count < 10 * scans
