"""Small files of data that unpack to much, or say that they do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

MEGABYTE, GIGABYTE = 1 << 20, 1 << 30


def blank(megabytes: int) -> bytes:
    """Zeros as deflate packs them, made of one megabyte's bytes: 1,030 times as small."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)) * megabytes


def zeros(size: int) -> bytes:
    """Zeros in zlib's format, made without having them all."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    rest = packer.compress(bytes(size % MEGABYTE)) + packer.flush()
    return b"\x78\xda" + blank(size // MEGABYTE) + rest + struct.pack(">I", size % 65521 << 16 | 1)


# ------------------------------------------------------------ arrays
def npy(shape: str, content: bytes = b"", descr: str = "<f4") -> bytes:
    header = f"{{'descr': {descr!r}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(10 + len(header) + 1) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + content


def archive(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


def stored(name: bytes, packed: bytes, unpacked: int, count: int = 1) -> bytes:
    """A zip whose `count` members are all the same bytes, and say that they unpack to so many."""
    local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(packed), unpacked & 0xFFFFFFFF, len(name), 0)
    central = b"".join(
        struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(packed), unpacked & 0xFFFFFFFF,
                    len(name) + 1, 0, 0, 0, 0, 0, 0) + bytes([97 + at]) + name
        for at in range(count)
    )  # fmt: skip
    start = len(local) + len(name) + len(packed)
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, count, count, len(central), start, 0)
    return local + name + packed + central + end


def raw(size: int) -> bytes:
    """Zeros in the format of a zip's members."""
    return zeros(size)[2:-4]


def nested() -> bytes:
    inner = archive({"image.npy": npy(f"({5 << 20}, 4)", bytes(20 << 20))})
    for _ in range(4):
        inner = archive({"image.npy": inner, "label.npy": inner})
    return inner


def as_array(inner: bytes) -> bytes:
    return npy(f"({len(inner)},)", inner, "|u1")


NPZ: dict[str, Callable[[], bytes]] = {
    "zeros": lambda: archive({"image.npy": npy("(40, 1, 512, 512)", bytes(40 << 20))}),
    "six gigabytes": lambda: stored(b"image.npy", raw(6 * GIGABYTE // 8), 6 * GIGABYTE // 8, 8),
    "the same bytes many times": lambda: stored(b".npy", raw(1 << 20), 1 << 20, 26),
    "a member that says less": lambda: stored(b"image.npy", raw(GIGABYTE // 8), 100),
    "a member that says more": lambda: stored(b"image.npy", raw(1000), 4 * GIGABYTE - 1),
    "a header that lies": lambda: archive({"image.npy": npy(f"({GIGABYTE}, 100)"), "label.npy": npy("(2,)")}),
    "a product that overflows": lambda: archive({"image.npy": npy("(4294967296, 4294967296, 4294967296)")}),
    "many axes": lambda: archive({"image.npy": npy("(" + "1, " * 3000 + ")")}),
    "a long header": lambda: archive({"image.npy": npy("(" + "(" * 4000 + ")" * 4000 + ")")}),
    "a program": lambda: archive({"image.npy": npy("__import__('os').abort()")}),
    "objects": lambda: archive({"image.npy": npy("(2,)", b"cos\nabort\n(tR.", "|O")}),
    "archives in archives": nested,
    "an array that is an archive": lambda: archive({"image.npy": as_array(nested()), "label.npy": as_array(nested())}),
}

NPY: dict[str, Callable[[], bytes]] = {
    "a header that lies": lambda: npy(f"({GIGABYTE}, 100)"),
    "a product that overflows": lambda: npy("(4294967296, 4294967296, 4294967296)"),
    "no numbers of many rows": lambda: npy(f"({GIGABYTE}, 0)"),
    "texts": lambda: npy("(2,)", b"", "<U1000000000"),
    "a long header": lambda: npy("(" + "(" * 20_000),
}


# ------------------------------------------------------------ gzip
def idx(*sizes: int, kind: int = 8) -> bytes:
    return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes)


def zipped(head: bytes, size: int) -> bytes:
    """A member of gzip: a beginning, and zeros behind it. Its checksum is wrong, and never reached."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    begun = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + begun + blank(size >> 20) + b"\3\0" + bytes(8)


IDX: dict[str, Callable[[], bytes]] = {
    "three gigabytes": lambda: zipped(idx(3 << 10, 1 << 10, 1 << 10), 256 << 20),
    "as many as it says": lambda: zipped(idx(400, 1 << 10, 1 << 10), 400 << 20),
    "more than it says": lambda: zipped(idx(3, 8, 8), 256 << 20),
    "a header that lies": lambda: gzip.compress(idx(2**32 - 1, 2**32 - 1, 2**32 - 1)),
    "a header that lies, not zipped": lambda: idx(2**32 - 1, 2**32 - 1, 2**32 - 1),
    "gigabytes, not zipped": lambda: idx(3 << 10, 1 << 10, 1 << 10),
    "zipped twice": lambda: gzip.compress(zipped(idx(3 << 10, 1 << 10, 1 << 10), 256 << 20)),
    "a name without an end": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 100_000,
    "many empty members": lambda: gzip.compress(b"") * 5000,
    "another packing": lambda: bz2.compress(idx(3, 8, 8)),
    "yet another": lambda: lzma.compress(idx(3, 8, 8)),
}


# ------------------------------------------------------------ images
def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, content: bytes, *more: bytes, depth: int = 8, colour: int = 2) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", content) + chunk(b"IEND", b"")
    )


def jpeg(width: int, height: int) -> bytes:
    """A JPEG of eight pixels that says that it has others."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    content = bytearray(file.getvalue())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(content)


def gif(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\2\x4c\1\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame * 1000 + b";"


def tiff(width: int, height: int, packing: int, content: bytes) -> bytes:
    tags = [(256, 4, width), (257, 4, height), (258, 4, 8), (259, 4, packing), (262, 4, 1), (273, 4, 8),
            (277, 4, 1), (278, 4, height), (279, 4, len(content))]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags)
    at = 8 + len(content)
    return b"II*\0" + struct.pack("<I", at) + content + struct.pack("<H", len(tags)) + entries + bytes(4)


def webp(width: int, height: int) -> bytes:
    """A blank one, packed without loss: a few hundred bytes for any size."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, "WEBP", lossless=True)
    return file.getvalue()


MOST = 8000, 8000
"""The most pixels that an image may have."""

IMAGES: dict[str, Callable[[], bytes]] = {
    "png of many pixels": lambda: png(60_000, 60_000, zeros(1 << 20)),
    "png of the most pixels and few bytes": lambda: png(*MOST, zeros(1 << 10)),
    "png with a part of its rows": lambda: png(7000, 7000, zlib.compress(bytes(2000 * 21_001), 9)),
    "png of four bits with a part of its rows": lambda: png(
        *MOST, zlib.compress(bytes(10_000_000), 9), depth=4, colour=0
    ),
    "png of 16 bits and few bytes": lambda: png(*MOST, zeros(1 << 10), depth=16, colour=0),
    "png of 16 bits a colour and few bytes": lambda: png(*MOST, zeros(1 << 10), depth=16, colour=6),
    "png of one column": lambda: png(1, 2**31 - 1, zeros(1 << 10)),
    "png with much behind its pixels": lambda: png(8, 8, zeros(3 * GIGABYTE)),
    "png with a long text": lambda: png(8, 8, zeros(200), chunk(b"zTXt", b"a\0\0" + zeros(1 << 30))),
    "png with many texts": lambda: png(8, 8, zeros(200), *[chunk(b"zTXt", b"a\0\0" + zeros(1_000_000))] * 200),
    "png with a long profile": lambda: png(8, 8, zeros(200), chunk(b"iCCP", b"a\0\0" + zeros(1 << 30))),
    "jpeg of many pixels": lambda: jpeg(65_535, 65_535),
    "jpeg of the most pixels": lambda: jpeg(*MOST),
    "gif of many pixels": lambda: gif(65_535, 65_535),
    "gif of the most pixels": lambda: gif(*MOST),
    "tiff of many pixels": lambda: tiff(2**31 - 1, 2**31 - 1, 8, zeros(1 << 10)),
    "tiff of the most pixels": lambda: tiff(*MOST, 8, zeros(1 << 10)),
    "tiff, packed by runs": lambda: tiff(*MOST, 32773, b"\x81\0" * 1000),
    "ppm of many pixels": lambda: b"P6 60000 60000 255\n",
    "ppm of the most pixels": lambda: b"P6 8000 8000 255\n",
    "webp of the most pixels": lambda: webp(16_000, 4000),
    "bmp of the most pixels": lambda: (
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 100, 0, 54, 40, *MOST, 1, 24, 0, 0, 0, 0, 0, 0)
    ),
}


# ------------------------------------------------------------ texts
TABLES: dict[str, Callable[[], bytes]] = {
    "one long line": lambda: b"x," * (5 << 20),
    "one long name": lambda: b"x" * (10 << 20),
    "one long value": lambda: b"x,label\n" + b"1" * (10 << 20) + b",0\n",
    "a quotation without an end": lambda: b'x,label\n"' + b"1\n" * (5 << 20),
    "many columns": lambda: b",".join(b"x%d" % at for at in range(50_000)) + b"\n" + b",".join([b"1"] * 50_000),
    "zeros": lambda: bytes(10 << 20),
    "wide characters": lambda: "x,label\n1,0\n".encode("utf-16") + bytes(10 << 20),
    "a number of many digits": lambda: b"x,label\n1e" + b"9" * 4000 + b",0\n0x" + b"f" * 4000 + b",1\n",
    "a number of many digits before": lambda: b"x,label\n" + b"9" * 100_000 + b",0\n",
}


def put(folder: Path, kind: str, content: bytes) -> Path:
    """The file where a reader looks for it, with what belongs beside it; what is to be opened."""
    if kind == "idx":
        (folder / "train-images-idx3-ubyte.gz").write_bytes(content)
        (folder / "train-labels-idx1-ubyte").write_bytes(idx(3) + bytes([0, 1, 0]))
        return folder
    if kind == "images":
        from PIL import Image

        for name in ("cat", "dog"):
            (folder / name).mkdir()
            Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / name / "a.png")
        (folder / "cat/b.png").write_bytes(content)
        return folder
    path = folder / f"d.{kind}"
    path.write_bytes(content)
    return path
