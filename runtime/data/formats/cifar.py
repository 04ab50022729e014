"""CIFAR-10's and CIFAR-100's binary folders: rows of label bytes and 3x32x32 pixel bytes, without any header."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.limits import FILE
from netc.grammar.opening import read_file
from netc.runtime.data.dataset import Split
from netc.runtime.data.errors import damaged, error, unreadable
from netc.runtime.data.formats.base import FolderFormat, Source
from netc.runtime.data.labels import check_names
from netc.runtime.data.spec import Options

PIXELS = 3 * 32 * 32


class Cifar(FolderFormat):
    """`data_batch_1.bin` … and `test_batch.bin`, or CIFAR-100's `train.bin` and `test.bin`, also in their folder."""

    known = "CIFAR's binary files"

    def recognizes(self, folder: Path) -> bool:
        """Whether such files are there; raises E507 for those of pickled arrays alone."""
        if _places(folder):
            return True
        if pickled := sorted(path for path in folder.glob("data_batch_*") if not path.suffix):
            raise error(
                "E507",
                f"{pickled[0]} is pickled, and pickles are never loaded",
                "loading a pickle can run any program",
                help="download CIFAR's binary version",
            )
        return False

    def read(self, folder: Path, options: Options) -> Source:
        """Parts with `image` uint8 [rows, 3, 32, 32] and `label`; CIFAR-100 has `coarse` too.

        Raises E500, E502, E503, E505.
        """
        places = _places(folder)
        if len(places) > 1:
            listed = ", ".join(str(place) for place in places)
            message = f"{folder} holds {len(places)} data sets: {listed}"
            raise error("E503", message, help="give the folder of the one that is meant")
        place = places[0]
        files = _files(place)
        hundred = (place / "fine_label_names.txt").is_file()
        names = [place / name for name in (("fine_label_names.txt",) if hundred else ("batches.meta.txt",))]
        if hundred:
            names.append(place / "coarse_label_names.txt")
        read = [path for paths in files.values() for path in paths] + [path for path in names if path.is_file()]
        fields = zip(("label", "coarse"), names, strict=False)
        classes = {field: _names(path) for field, path in fields if path.is_file()}
        return Source({part: _part(paths, hundred) for part, paths in files.items()}, classes, frozenset(read))


def _places(folder: Path) -> list[Path]:
    """The folder itself, or the `cifar-…-bin` and `cifar-…-binary` in it, where the files are."""
    places = [folder] if _files(folder) else sorted(folder.glob("cifar-*-bin*"))
    return [place for place in places if place.is_dir() and _files(place)]


def _files(place: Path) -> dict[str, list[Path]]:
    """part -> files; empty where a folder has none."""
    ten = sorted(place.glob("data_batch_*.bin"))
    hundred = [place / "train.bin"] if (place / "fine_label_names.txt").is_file() else []
    train = [path for path in ten or hundred if path.is_file()]
    test = [path for name in ("test_batch.bin", "test.bin") if (path := place / name).is_file()]
    if train or (test and test[0].name == "test_batch.bin"):
        return {part: paths for part, paths in (("train", train), ("test", test)) if paths}
    return {}


def _names(path: Path) -> tuple[str, ...]:
    names = tuple(read_file(path, FILE).decode("utf-8", "replace").split())
    check_names(str(path), names)
    return names


def _part(paths: list[Path], hundred: bool) -> Split:
    heads = 2 if hundred else 1
    rows = np.concatenate([_rows(path, heads, 100 if hundred else 10) for path in paths])
    ends = np.cumsum([path.stat().st_size // (heads + PIXELS) for path in paths])

    def place(name: str, row: int) -> str:
        if row < 0:
            return str(paths[0])
        file = int(np.searchsorted(ends, row, side="right"))
        return f"{paths[file]}, row {row - (int(ends[file - 1]) if file else 0)}"

    fields = {"image": rows[:, heads:].reshape(-1, 3, 32, 32), "label": rows[:, heads - 1].astype(np.int64)}
    if hundred:
        fields["coarse"] = rows[:, 0].astype(np.int64)
    return Split(fields, place)


def _rows(path: Path, heads: int, classes: int) -> np.ndarray:
    try:
        data = np.frombuffer(read_file(path), np.uint8)
    except OSError as reason:
        raise unreadable(path, reason) from None
    length = heads + PIXELS
    if len(data) % length:
        raise damaged(
            path, f"ends at byte {len(data):,}, in row {len(data) // length:,}; a row has {counted(length, 'byte')}"
        )
    rows = data.reshape(-1, length)
    wrong = np.flatnonzero(rows[:, heads - 1] >= classes)
    if len(wrong):
        row = int(wrong[0])
        raise damaged(
            path, f"row {row} (byte {row * length:,}) has label {rows[row, heads - 1]}, expected 0 to {classes - 1}"
        )
    return rows
