"""MNIST's own files: IDX, plain or gzipped, as MNIST, Fashion-MNIST, KMNIST and EMNIST are published."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.opening import check_unpacked, open_file
from netc.runtime.data.dataset import Split, check_lengths
from netc.runtime.data.errors import damaged, error, first_bytes, unreadable
from netc.runtime.data.formats.base import FolderFormat, Source
from netc.runtime.data.spec import Options

_NAME = re.compile(r"^(?P<set>.*[-_])?(?P<part>train|t10k|test)[-_](?P<what>images|labels)[-.]idx[13]-ubyte(?:\.gz)?$")
_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
LARGEST = 1 << 36
CHUNK = 1 << 24


class Idx(FolderFormat):
    """Files called `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz` and the like, of one data set."""

    known = "MNIST's IDX files"

    def recognizes(self, folder: Path) -> bool:
        """Whether any file is called so."""
        return bool(_named(folder))

    def read(self, folder: Path, options: Options) -> Source:
        """Images uint8 [rows, H, W] and labels [rows] of each part. Raises E500, E502, E503, E509."""
        files = idx_files(folder)
        read = frozenset(path for paths in files.values() for path in paths.values())
        return Source({part: _part(paths) for part, paths in files.items()}, files=read)


def idx_files(folder: Path) -> dict[str, dict[str, Path]]:
    """part -> what -> file, for every IDX file in a folder; a plain file wins over its gzipped twin. Raises E503.

    A folder that is called as a file, as unpacking some archives leaves them, stands for the file in it.
    """
    found: dict[str, dict[str, Path]] = {}
    sets: dict[str, Path] = {}
    for path in sorted(_named(folder), key=lambda path: (path.suffix == ".gz", path.parent != folder, path.name)):
        match = _NAME.match(path.name)
        assert match is not None
        part = "train" if match["part"] == "train" else "test"
        sets.setdefault(match["set"] or "", path)
        found.setdefault(part, {}).setdefault(match["what"], path)
    if len(sets) > 1:
        called = f"{len(sets)} data sets: " + ", ".join(
            f"`{prefix.rstrip('-_') or 'no prefix'}` ({sets[prefix].name})" for prefix in sorted(sets)
        )
        raise error("E503", f"{folder} holds {called}", help="give each data set a folder of its own")
    return found


def _named(folder: Path) -> list[Path]:
    """The files that are called as IDX files are, also in folders that are."""
    named = [path for path in folder.iterdir() if _NAME.match(path.name)]
    inside = [file for path in named if path.is_dir() for file in path.iterdir() if _NAME.match(file.name)]
    return [path for path in (*named, *inside) if path.is_file()]


def _part(paths: dict[str, Path]) -> Split:
    for what, other in (("images", "labels"), ("labels", "images")):
        if what not in paths:
            raise error(
                "E503",
                f"{paths[other]} has no file of {what} beside it",
                help=f"put {paths[other].name.replace(other, what).replace('idx3', 'idx1')} into the folder",
            )
    fields = {"image": read_idx(paths["images"], axes=3), "label": read_idx(paths["labels"], axes=1).astype(np.int64)}
    names = {"image": paths["images"], "label": paths["labels"]}

    def place(name: str, row: int) -> str:
        return str(names[name]) if row < 0 else f"{names[name]}, row {row}"

    check_lengths(fields, place)
    return Split(fields, place)


def read_idx(path: Path, axes: int) -> np.ndarray:
    """The array of one IDX file, gzipped or not, whatever it is called.

    Raises E500 or E502 with the offset where the file breaks its format.
    """
    is_zipped = first_bytes(path, len(GZIP)) == GZIP
    try:
        with open_file(path) as packed, gzip.open(packed, "rb") if is_zipped else packed as stream:
            return _read(path, stream, axes, packed=is_zipped)  # type: ignore[arg-type]
    except (gzip.BadGzipFile, EOFError, zlib.error) as reason:
        raise damaged(path, f"gzip stream is damaged: {str(reason).lower().rstrip('.')}") from None
    except OSError as reason:
        raise unreadable(path, reason) from None


def _read(path: Path, stream: BinaryIO, axes: int, *, packed: bool) -> np.ndarray:
    head = stream.read(4 + 4 * axes)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _DTYPES:
        raise damaged(path, f"begins with bytes {head[:4].hex(' ')}, expected 00 00 08 {axes:02x} of an IDX file")
    if head[3] != axes:
        raise damaged(path, f"holds {counted(head[3], 'axis', 'axes')}, expected {axes}")
    if len(head) < 4 + 4 * axes:
        raise damaged(path, f"ends at byte {len(head)}, inside its header")
    sizes = [int.from_bytes(head[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(axes)]
    dtype = np.dtype(_DTYPES[head[2]])
    wanted = math.prod(sizes) * dtype.itemsize
    if math.prod(size or 1 for size in sizes) * dtype.itemsize > LARGEST:  # without rows too
        raise damaged(path, f"claims sizes of {', '.join(f'{size:,}' for size in sizes)} in its header")
    if packed:
        check_unpacked(path, path.stat().st_size, wanted)
    body = bytearray()
    while len(body) <= wanted and (chunk := stream.read(min(CHUNK, wanted + 1 - len(body)))):
        body += chunk
    if len(body) < wanted:
        row = len(body) // max(1, wanted // max(1, sizes[0]))
        raise damaged(path, f"ends at byte {len(head) + len(body):,}, in row {row:,} of {sizes[0]:,}")
    if len(body) > wanted:
        raise damaged(path, f"goes on after byte {len(head) + wanted:,}, where its header says it ends")
    values = np.frombuffer(body, dtype).reshape(sizes)
    return values.astype(dtype.newbyteorder("="))
