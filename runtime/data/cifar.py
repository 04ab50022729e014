"""CIFAR-10's and CIFAR-100's binary folders: rows of label bytes and 3x32x32 pixel bytes, without any header."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netc.grammar.counted import counted
from netc.runtime.data.dataset import Split
from netc.runtime.data.errors import damaged, error, unreadable

PIXELS = 3 * 32 * 32


def cifar_files(folder: Path) -> dict[str, list[Path]]:
    """part -> files, where a folder (or the `cifar-…-batches-bin` in it) holds CIFAR's binary files, else {}."""
    for place in (folder, *sorted(folder.glob("cifar-*-bin*"))):
        ten = sorted(place.glob("data_batch_*.bin"))
        hundred = [place / "train.bin"] if (place / "fine_label_names.txt").is_file() else []
        train = [path for path in ten or hundred if path.is_file()]
        test = [path for name in ("test_batch.bin", "test.bin") if (path := place / name).is_file()]
        if train or (test and test[0].name == "test_batch.bin"):
            return {part: paths for part, paths in (("train", train), ("test", test)) if paths}
    if pickled := sorted(path for path in folder.glob("data_batch_*") if not path.suffix):
        raise error(
            "E507",
            f"{pickled[0]} is pickled, and pickles are never loaded",
            "loading a pickle can run any program",
            help="download CIFAR's binary version",
        )
    return {}


def read_cifar(files: dict[str, list[Path]]) -> tuple[dict[str, Split], tuple[str, ...] | None]:
    """Parts with `image` uint8 [rows, 3, 32, 32] and `label`; CIFAR-100 has `coarse` too. Raises E500, E502, E505."""
    folder = next(iter(files.values()))[0].parent
    hundred = (folder / "fine_label_names.txt").is_file()
    names = folder / ("fine_label_names.txt" if hundred else "batches.meta.txt")
    classes = tuple(names.read_text("utf-8", "replace").split()) if names.is_file() else None
    return {part: _part(paths, hundred) for part, paths in files.items()}, classes


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
        data = np.fromfile(path, np.uint8)
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
