"""Data in numpy files: the embedded digits, and `.npz` archives."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from netc.grammar.opening import check_unpacked, open_file
from netc.runtime.data.dataset import Split, check_lengths
from netc.runtime.data.errors import damaged, error, first_bytes
from netc.runtime.data.labels import DATA_ALIASES, TARGET_ALIASES, check_names

DIGITS = Path(__file__).with_name("digits.npz")
CLASS_NAMES = "class_names"
"""The array of an archive that says what its numbered classes are called."""
PARTS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "val": "val",
    "valid": "val",
    "validation": "val",
}
SINGULAR = {"images": "image", "labels": "label", "targets": "target"}
_PART = "|".join(sorted(PARTS, key=len, reverse=True))
_PART_FIRST = re.compile(rf"((?i:{_PART}))(?:_|(?<=[a-z])(?=[A-Z])|(?=[xy]$))(.+)")
_PART_LAST = re.compile(rf"(.+?)(?:_|(?<=[a-z])(?=[A-Z])|(?<=^[XYxy]))((?i:{_PART}))")
"""Between a part and a field is a mark or a capital letter, but for `Xtrain`: `interval` and `strain` are fields."""
_FIELD = "|".join([*SINGULAR, *DATA_ALIASES, *TARGET_ALIASES])
_UNMARKED = re.compile(rf"((?i:{_PART}))((?i:{_FIELD}))|((?i:{_FIELD}))((?i:{_PART}))")


def read_digits() -> tuple[dict[str, Split], tuple[str, ...]]:
    """The 1,797 digits of UCI's "Optical Recognition of Handwritten Digits" (CC BY 4.0), float32 [8, 8] in 0..1."""
    with np.load(DIGITS, allow_pickle=False) as arrays:
        parts = {
            part: Split(
                {
                    "image": arrays[f"{part}_images"].astype(np.float32) / np.float32(16),
                    "label": arrays[f"{part}_labels"].astype(np.int64),
                },
                lambda name, row, part=part: f"digits, {part} {name}" + (f"[{row}]" if row >= 0 else ""),  # type: ignore[misc]
            )
            for part in ("train", "test")
        }
    return parts, tuple("0123456789")


def read_npz(path: Path) -> tuple[dict[str, Split], tuple[str, ...] | None]:
    """Parts of an archive of named arrays: `train_images`, `x_test`, …, or one part without such names.

    Text labels become class numbers in the order of their names. Nothing pickled is loaded.
    """
    arrays = load_npz(path)
    classes = class_names(path, arrays)
    arrays.pop(CLASS_NAMES, None)
    if not arrays:
        raise error("E508", f"{path} has no arrays", help="save images and labels: numpy.savez(path, image=…, label=…)")
    parts: dict[str, dict[str, str]] = {}
    for key in arrays:
        part, field = part_and_field(key)
        if field in parts.setdefault(part, {}):
            raise error(
                "E503",
                f"{path}: {parts[part][field]} and {key} are both field `{field}`",
                help="keep one of the two arrays in the file",
            )
        parts[part][field] = key
    if len(parts) > 1 and "all" in parts:
        stray = ", ".join(parts["all"].values())
        raise error(
            "E503",
            f"{path}: {stray} belongs to no part, beside {', '.join(sorted(parts.keys() - {'all'}))}",
            help="put `train_` or `test_` in front of the array's name",
        )
    return {part: _split(path, arrays, keys) for part, keys in parts.items()}, classes


def class_names(path: Path, arrays: Mapping[str, np.ndarray]) -> tuple[str, ...] | None:
    """What an archive calls its numbered classes, None where it doesn't say; raises E503 as `check_names` does."""
    found = arrays.get(CLASS_NAMES)
    if found is None or found.dtype.kind != "U":
        return None
    names = tuple(str(name) for name in found.ravel())
    check_names(f"{path}: {CLASS_NAMES}", names)
    return names


def part_and_field(key: str) -> tuple[str, str]:
    """ "train_images" -> ("train", "image"); "xTest" -> ("test", "x"); "label" -> ("all", "label")."""
    if match := _PART_FIRST.fullmatch(key):
        part, field = PARTS[match[1].lower()], match[2]
    elif match := _PART_LAST.fullmatch(key):
        part, field = PARTS[match[2].lower()], match[1]
    else:
        part, field = "all", key
    field = field.lower() if field in ("X", "Y") else field
    return part, SINGULAR.get(field.lower(), field)


def load_npz(path: Path) -> dict[str, np.ndarray]:
    """Every array of an archive. Raises E501 for another kind of file, E502 damaged, E507 pickled or no numbers."""
    head = first_bytes(path)
    if head.startswith(b"\x93NUMPY"):
        raise error(
            "E501",
            f"{path} holds a single array without labels",
            help="save images and labels together: numpy.savez(path, image=…, label=…)",
        )
    if not zipfile.is_zipfile(path):
        raise damaged(path, "not an npz archive")
    try:
        with open_file(path) as stream, np.load(stream, allow_pickle=False) as archive:
            check_unpacked(path, path.stat().st_size, sum(item.file_size for item in archive.zip.infolist()))
            return {key: _array(path, archive, key) for key in archive.files}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as reason:
        raise damaged(path, f"archive cannot be read: {reason}") from None


def load_array(path: Path) -> np.ndarray:
    """The array of a `.npy` file. Raises E500, E502, E507."""
    first_bytes(path)
    try:
        with open_file(path) as stream:
            values = np.load(stream, allow_pickle=False)
    except Exception as reason:
        raise _refused(str(path), reason) from None
    if not isinstance(values, np.ndarray):
        raise damaged(path, "not a numpy array")
    return _numbers(str(path), values)


def _array(path: Path, archive: Any, key: str) -> np.ndarray:
    try:
        values = archive[key]
    except Exception as reason:  # damaged members raise zlib.error, EOFError, SyntaxError, MemoryError, …
        raise _refused(f"{path}: {key}", reason) from None
    if not isinstance(values, np.ndarray):
        raise damaged(path, f"{key} is not a numpy array")
    return _numbers(f"{path}: {key}", values)


def _refused(place: str, reason: Exception) -> Exception:
    if "pickle" in str(reason):
        return error(
            "E507",
            f"{place} is pickled, and pickles are never loaded",
            "loading a pickle can run any program",
            help="save the array with a plain numeric dtype",
        )
    return damaged(place, f"cannot be read: {str(reason).strip() or type(reason).__name__}")


def _numbers(place: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "biufU":
        raise error(
            "E507",
            f"{place} has dtype {values.dtype}",
            "expected integers, floats or text labels",
            help="save it as numbers, or as an array of texts",
        )
    native = values.astype(values.dtype.newbyteorder("=")) if not values.dtype.isnative else values
    if native.dtype.kind == "U" and not _is_text(native):
        raise damaged(place, "it holds texts of characters that there are none of")
    return native


def _is_text(values: np.ndarray) -> bool:
    """Whether texts are of Unicode's characters, which numpy takes on trust."""
    if not values.size or not values.itemsize:
        return True
    codes = np.ascontiguousarray(values).reshape(-1).view(np.uint32)
    return bool((codes < 0xD800).all() or (((codes < 0xD800) | (codes > 0xDFFF)) & (codes <= 0x10FFFF)).all())


def _split(path: Path, arrays: dict[str, np.ndarray], keys: dict[str, str]) -> Split:
    fields = {field: arrays[key] for field, key in keys.items()}

    def place(name: str, row: int) -> str:
        return f"{path}, {keys[name]}" if row < 0 else f"{path}, {keys[name]}[{row}]"

    for name, values in fields.items():
        if values.ndim == 0:
            raise error(
                "E504",
                f"{place(name, -1)} is a single value",
                "expected one row for each example",
                help="give it an axis for the examples, or leave it out of the file",
            )
    check_lengths(fields, place, next(filter(None, map(_advice, fields)), None))
    return Split(fields, place)


def _advice(name: str) -> str | None:
    """What to call an array where nothing stands between the part and the field: `trainimages`."""
    found = _UNMARKED.fullmatch(name)
    if found is None:
        return None
    part, field = (found[1], found[2]) if found[1] is not None else (found[4], found[3])
    return f"call `{name}` `{part}_{field}` if it is of part `{PARTS[part.lower()]}`, and the others alike"
