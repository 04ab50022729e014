"""Files of data that unpack to much: findings, or what is in them, in a process that has little memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from netc.grammar.diagnostics import DiagnosticError
from netc.grammar.limits import PIXELS
from netc.runtime.data.images.decode import read_image

from .bombs import IDX, IMAGES, NPY, NPZ, TABLES, png, put, webp

ROOT = Path(__file__).parents[2]
MEGABYTES = 300
"""What a small file may cost, the process itself included."""
MOST = 4000
"""What the system lets it ask for, so that what is asked for and used is seen."""
CODES = {"E500", "E501", "E502", "E504", "E507", "E508", "E509", "E511", "E512", "E533"}

PROGRAM = """
import json, os, resource, sys
from pathlib import Path
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data import open_data, read_inputs
from netc.runtime.data.cards import card
import netc.runtime.data.open, numpy, zipfile, gzip, PIL.Image, csv

PORT = {"name": "x", "role": "data", "dtype": "float32", "shape": ["N", 3, 8, 8]}

def read(path, kind):
    if kind == "npy":
        read_inputs([path], [PORT])
    elif kind == "images":
        data = open_data(f"{path}:size=8")
        part = data.parts["all"] if isinstance(data.parts, dict) else data
        read_inputs([Path(path) / "cat/b.png"], [PORT])
    else:
        open_data(path)

def held():
    (line,) = [line for line in open("/proc/self/status") if line.startswith("VmData")]
    return int(line.split()[1]) << 10

for kind, path in json.loads(sys.argv[1]):
    process = os.fork()
    if process == 0:
        most = held() + (int(sys.argv[2]) << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
        try:
            read(path, kind)
            found = "read"
        except DiagnosticError as error:
            first = error.diagnostics[0]
            found = first.code if first.help and len(first.message) < 500 else "no help: " + first.message[:200]
        except BaseException as error:
            found = f"{type(error).__name__}: {error}"[:200]
        (most,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(json.dumps([found, int(most.split()[1]) >> 10, used.ru_utime]), flush=True)
        os._exit(0)
    _, status = os.waitpid(process, 0)
    if status:
        print(json.dumps([f"ended by {status}", 0, 0]), flush=True)
"""

FAMILIES: dict[str, dict[str, Callable[[], bytes]]] = {
    "npz": NPZ, "npy": NPY, "idx": IDX, "images": IMAGES, "csv": TABLES,
}  # fmt: skip

READ = {
    ("npz", "an array that is an archive"),
    ("images", "png with much behind its pixels"), ("csv", "one long value"), ("csv", "many columns"),
    ("csv", "a number of many digits"), ("csv", "a number of many digits before"),
}  # fmt: skip
"""What holds no more than it should: long texts and many columns are data."""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't say the highest use of memory")
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_bomb_is_a_finding_in_little_memory(kind: str, tmp_path: Path) -> None:
    asked = []
    for at, make in enumerate(FAMILIES[kind].values()):
        folder = tmp_path / str(at)
        folder.mkdir()
        asked.append([kind, str(put(folder, kind, make()))])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(asked), str(MOST)], capture_output=True, text=True, check=True
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(asked)
    wrong = []
    for name, (found, megabytes, seconds) in zip(FAMILIES[kind], lines, strict=True):
        print(f"{kind:7} {name:40} {found:6} {megabytes:4} MB {seconds:.2f} s")
        if not (found in CODES or (found == "read" and (kind, name) in READ)) or megabytes > MEGABYTES:
            wrong.append((name, found, megabytes))
    assert not wrong


@pytest.mark.quick(2)
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
def test_blank_images_are_read(mode: str, tmp_path: Path) -> None:
    """As packed as a PNG can be: a mask of a photograph without anything on it."""
    Image.new(mode, (4000, 3000)).save(tmp_path / "a.png", optimize=True)
    assert read_image(tmp_path / "a.png", 1, size=(8, 8)).shape == (8, 8, 1)


def test_a_blank_one_that_is_packed_better_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(webp(4000, 2000))
    with pytest.raises(DiagnosticError, match="E533") as caught:
        read_image(path, 1, size=(8, 8))
    (found,) = caught.value.diagnostics
    assert "4,000 x 2,000 pixels in " in found.message
    monkeypatch.setenv("NETC_LIMIT_RATIO", "1M")
    assert read_image(path, 1, size=(8, 8)).max() == 0


BYTES_A_PIXEL = 26
COSTS = """
import os, sys
from pathlib import Path
from netc.runtime.data.images.decode import read_header, read_image
from PIL import Image
import numpy

def status(what):
    (line,) = [line for line in open("/proc/self/status") if line.startswith(what)]
    return int(line.split()[1]) << 10

for path in sys.argv[1:]:
    process = os.fork()
    if process == 0:
        before = status("VmRSS")
        found = read_image(Path(path), 3, deep=read_header(Path(path)).deep)
        print((status("VmHWM") - before) / (found.shape[0] * found.shape[1]), flush=True)
        os._exit(0)
    os.waitpid(process, 0)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system doesn't say the highest use of memory")
def test_what_an_image_of_one_colour_costs(tmp_path: Path) -> None:
    """The figure that SECURITY.md and E533 name: such an image is no bomb, and small for any size."""
    side = 3000
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        Image.new(mode, (side, side)).save(tmp_path / f"{mode.replace(';', '')}.png")
    for suffix in ("jpg", "webp", "gif", "tif", "bmp", "ppm"):
        Image.new("RGB", (side, side)).save(tmp_path / f"a.{suffix}")
    for colour, samples in ((2, 3), (6, 4)):
        rows = zlib.compress(bytes(side * (1 + side * 2 * samples)), 9)
        (tmp_path / f"deep{samples}.png").write_bytes(png(side, side, rows, depth=16, colour=colour))
    paths = sorted(str(path) for path in tmp_path.iterdir())
    done = subprocess.run([sys.executable, "-c", COSTS, *paths], capture_output=True, text=True, check=True)
    costs = dict(zip(paths, map(float, done.stdout.split()), strict=True))
    assert not {path: cost for path, cost in costs.items() if cost > BYTES_A_PIXEL}, costs
    stated = f"{BYTES_A_PIXEL} bytes"
    for page in ("SECURITY.md", "docs/trust.md", "grammar/codes/E533.md"):
        assert stated in (ROOT / page).read_text(encoding="utf-8"), page


def test_what_the_environment_allows_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond what Pillow allows too; the help of the finding is followed, and suffices."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    monkeypatch.setattr("netc.runtime.data.images.opened.PIXELS", replace(PIXELS, default=10_000))
    path = tmp_path / "a.png"
    Image.new("L", (1000, 900), 7).save(path)
    with pytest.raises(DiagnosticError, match="E533") as caught:
        read_image(path, 1)
    (found,) = caught.value.diagnostics
    assert "900,000 pixels" in found.message
    (said,) = re.findall(r"NETC_LIMIT_PIXELS=(\d+)", found.help or "")
    monkeypatch.setenv("NETC_LIMIT_PIXELS", said)
    assert (read_image(path, 1) == 7).all()
