"""Images are read by their content, in the formats that docs/data.md names, and no decoder of another is ever tried."""

from __future__ import annotations

import ast
import os
import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from processes import command
from source_trees import trees

from netc.grammar.limits import PIXELS
from netc.runtime.data import open_data, read_inputs
from netc.runtime.data.images.decode import read_header, read_image
from netc.runtime.data.images.opened import FORMATS, SUFFIXES

from .makers import image_port, pixels, write_image

ROOT = Path(__file__).resolve().parents[2]
PORTS = [image_port(3, 8, 8)]
EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nnewpath 0 0 moveto 8 8 lineto stroke\nshowpage\n"
)

READERS: dict[str, Callable[[Path], object]] = {
    "folder": lambda folder: open_data(str(folder / "photos")),
    "folder with size": lambda folder: open_data(f"{folder / 'photos'}:size=8,channels=1"),
    "csv": lambda folder: open_data(str(folder / "photos.csv")),
    "predict": lambda folder: read_inputs([folder / "photos/cat/7.png"], PORTS),
}


def put(folder: Path, content: bytes, name: str = "7.png") -> Path:
    """A file in a folder of images by class, and a table that names it."""
    write_image(folder / "photos/cat/0.png", pixels(8, 8, 3))
    path = folder / "photos/cat" / name
    path.write_bytes(content)
    (folder / "photos.csv").write_text(f"image,label\nphotos/cat/0.png,0\nphotos/cat/{name},1\n")
    return path


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that a false `gs`, first in PATH, makes when anybody starts it."""
    if os.name == "nt":
        pytest.skip("a program for a POSIX shell")
    bin, made = tmp_path / "bin", tmp_path / "started"
    bin.mkdir()
    (bin / "gs").write_text(f'#!/bin/sh\ntouch "{made}"\nexit 1\n')
    (bin / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # not looked for yet
    return made


@pytest.mark.parametrize("reader", READERS)
def test_postscript_called_png_starts_nothing(tmp_path, fails, mark, reader):
    path = put(tmp_path, EPS)
    found = fails("E512", lambda: READERS[reader](tmp_path), str(path), "PostScript")
    assert all(name in found.notes[0] for name in FORMATS)
    assert not mark.exists()


@pytest.mark.slow
def test_the_commands_start_nothing(tmp_path, mark):
    path = put(tmp_path, EPS)
    (tmp_path / "m.net").write_text(
        "net M {\n  input image: 3x8x8\n  logits = flatten -> dense(2)\n}\n"
        "train M { loss = cross_entropy(logits, label) }\n"
    )
    for words in (
        ["train", "m.net", "--data", "photos", "--out", "run"],
        ["compile", "m.net", "-o", "m.onnx"],
        ["predict", "m.onnx", str(path)],
        ["eval", "m.onnx", "--data", "photos.csv"],
    ):
        done = subprocess.run(command(*words), cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == (0 if words[0] == "compile" else 5), done.stderr
        assert "error[E512]" in done.stderr or words[0] == "compile"
    assert not mark.exists()


def test_pillow_left_alone_would_start_it(tmp_path, mark):
    """The mark is one that can be made."""
    with pytest.raises((OSError, subprocess.CalledProcessError)), Image.open(put(tmp_path, EPS)) as image:
        image.load()
    assert mark.exists()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_format_is_read_under_every_name(tmp_path, suffix):
    grey = suffix == ".pgm"
    image = np.full((8, 6) if grey else (8, 6, 3), 90, np.uint8)
    content = write_image(tmp_path / f"x{suffix}", image).read_bytes()
    for name in sorted(SUFFIXES):
        path = tmp_path / f"y{name}"
        path.write_bytes(content)
        header = read_header(path)
        assert (header.height, header.width, header.colour) == (8, 6, not grey)
        assert np.abs(read_image(path, 3).astype(int) - 90).max() <= 2


def test_the_page_names_the_formats():
    text = (ROOT / "docs/data.md").read_text()
    (names,) = re.findall(r"\*\*Images by class\*\* ([\w, ]+?), here", text)
    assert {name.upper() for name in re.split(r", | and ", names)} == {*FORMATS, "PGM"}
    most = int(re.findall(r"more than ([\d,]+) pixels", text)[0].replace(",", ""))
    assert most == PIXELS.default


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xc5\xd0\xd3\xc6" + bytes(28) + EPS, "PostScript"),
        (b"%PDF-1.7\n", "PDF"),
        (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"\xef\xbb\xbf<svg/>", "SVG"),
        (b"<?xml version='1.0'?><note/>", "XML"),
        (b"\n<!DOCTYPE html><title>Not found</title>", "web page"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "HEIC"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42", "film"),
        (b"8BPS\x00\x01", "Photoshop"),
        (b"PK\x03\x04", "ZIP"),
        (b"\x93NUMPY\x01\x00", "numpy"),
    ],
)
def test_what_was_found_is_said(tmp_path, fails, content, words):
    path = put(tmp_path, content, "7.jpg")
    fails("E512", lambda: READERS["folder"](tmp_path), str(path), words)


@pytest.mark.parametrize("format", ["AVIF", "ICO", "JPEG2000", "TGA", "PCX", "QOI", "DDS", "SGI"])
def test_what_pillow_reads_besides_is_refused(tmp_path, fails, format):
    """With a word for what it is where its beginning says so (E512), as no image otherwise (E502)."""
    Image.init()
    if format not in Image.SAVE:
        pytest.skip("this Pillow does not write it")
    path = put(tmp_path, b"")
    Image.fromarray(pixels(16, 16, 3)).save(path, format)
    known = format in ("AVIF", "ICO", "JPEG2000", "QOI", "DDS")
    fails("E512" if known else "E502", lambda: READERS["folder"](tmp_path), str(path))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (1, 2**30)])
def test_an_image_that_is_a_bomb_is_refused_by_name(tmp_path, fails, size, reader):
    """The header alone claims the size; a true one has a megabyte of nothing behind it."""
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    nothing = zlib.compress(bytes(1 << 20))
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", nothing) + chunk(b"IEND", b"")
    path = put(tmp_path, content)
    fails("E533", lambda: READERS[reader](tmp_path), str(path), "pixels")


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize("part", [0.1, 0.3, 0.6, 0.9])
def test_an_image_that_is_cut_off_is_named(tmp_path, fails, suffix, part):
    whole = write_image(tmp_path / f"x{suffix}", pixels(40, 30, *(() if suffix == ".pgm" else (3,)))).read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole[: int(len(whole) * part)])
    fails("E502", lambda: read_image(path, 3), str(path), "")


def test_images_are_opened_in_one_place():
    found = set()
    for path, tree in trees("compiler", "runtime", "netc/cli", saying=r"\bopen\b"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr == "open" and ast.unparse(node.value).endswith("Image"):
                found.add(path)
    assert found == {"runtime/data/images/opened.py"}
