"""Find out what `--data` names, read it, and hold a part of it out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from netc.grammar.diagnostics import suggestions
from netc.runtime.data.arrays import PARTS, read_digits, read_npz
from netc.runtime.data.cifar import cifar_files, read_cifar
from netc.runtime.data.dataset import DataSet, Split, describe
from netc.runtime.data.errors import error, unreadable
from netc.runtime.data.folder import read_folder
from netc.runtime.data.idx import idx_files, read_idx_folder
from netc.runtime.data.spec import Options, parse_spec
from netc.runtime.data.table import LABELS, read_table

Parts = dict[str, Split]
KNOWN = "digits, FILE.npz, FILE.csv, a folder of images by class, of MNIST's IDX files or of CIFAR's binary files"


def open_data(spec: str, *, seed: int = 0, validation: float = 0.1) -> DataSet:
    """Read the data a spec names.

    spec        "digits", "mnist.npz", "table.csv:scale=255", "photos:size=64": docs/data.md lists formats and options
    seed        picks the rows that are held out where the data brings no split; training's own seed is another one
    validation  the share held out then, unless the spec has the option
    Raises DiagnosticError, codes E500 to E511, naming the file and the row.
    """
    name, options = parse_spec(spec)
    share = options.validation if options.validation is not None else validation
    if not 0 < share < 1:
        raise ValueError(f"validation is {validation}, expected a share between 0 and 1")
    parts, classes = _read(name, options)
    parts, texts = number_texts(parts)
    classes = texts if classes is None else classes
    description = describe(parts.values(), len(classes) if classes else None)
    train, test, note = _hold_out(name, parts, options, seed, share)
    return DataSet(_short(name), description, train, test, classes, note, options.scale)


def _short(name: str) -> str:
    return Path(name).name or name


def _read(name: str, options: Options) -> tuple[Parts, tuple[str, ...] | None]:
    path = Path(name)
    try:
        is_file, is_folder = path.is_file(), path.is_dir() and name != ""
    except (OSError, ValueError):
        is_file = is_folder = False
    if name == "digits" and not is_folder:
        return read_digits()
    if is_folder:
        return _read_folder(path, options)
    if not is_file:
        near = suggestions(name, ["digits"])
        raise error(
            "E500",
            f"there is no data `{name}`",
            f"data is one of: {KNOWN}",
            f"looked in {_where(path)}",
            help="use `digits`" if near else "give the path of an existing file or folder",
        )
    if path.suffix.lower() in (".npz", ".npy"):
        return read_npz(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        return {"all": read_table(path, options)}, None
    raise error(
        "E501",
        f"{path} is of no known format",
        f"data is one of: {KNOWN}",
        help="give the folder that holds it, or convert it to npz",
    )


def _where(path: Path) -> str:
    try:
        return f"the folder {path.parent.resolve()}"
    except (OSError, ValueError, RuntimeError):
        return "the working folder"


def _read_folder(path: Path, options: Options) -> tuple[Parts, tuple[str, ...] | None]:
    try:
        idx, cifar = idx_files(path), cifar_files(path)
        tables = {PARTS[file.stem.lower()]: file for file in sorted(path.glob("*.csv")) if file.stem.lower() in PARTS}
    except OSError as reason:
        raise unreadable(path, reason) from None
    if idx:
        return read_idx_folder(idx), None
    if cifar:
        return read_cifar(cifar)
    if "train" in tables:
        return {part: read_table(file, options) for part, file in tables.items()}, None
    return read_folder(path, options)


def number_texts(parts: Parts) -> tuple[Parts, tuple[str, ...] | None]:
    """Replace a label's text by class numbers, in the order of the names over all parts. Returns the names too."""
    classes: tuple[str, ...] | None = None
    columns = {name for part in parts.values() for name, values in part.fields.items() if values.dtype.kind == "U"}
    changed = {part: dict(split.fields) for part, split in parts.items()}
    for name in sorted(columns.intersection(LABELS)):
        columns_of = [fields[name] for fields in changed.values() if name in fields]
        names = sorted({str(text) for values in columns_of for text in np.asarray(values[:]).ravel()})
        for fields in changed.values():
            if name in fields:
                texts = np.asarray(fields[name][:]).astype(str)
                fields[name] = np.searchsorted(np.array(names), texts).astype(np.int64)
        classes = tuple(names)
    return {part: Split(changed[part], split.place, split.channels_last) for part, split in parts.items()}, classes


def _hold_out(name: str, parts: Parts, options: Options, seed: int, share: float) -> tuple[Split, Split, str]:
    if "train" not in parts and "all" not in parts:
        raise error(
            "E508",
            f"{name} has no rows to train on",
            f"it has {' and '.join(sorted(parts))} alone",
            help="call the part to train on `train`",
        )
    wanted = options.test or next((part for part in ("test", "val") if part in parts), None)
    if wanted is not None:
        if wanted not in parts:
            raise error(
                "E510",
                f"{name} has no part `{wanted}`",
                f"its parts are {', '.join(sorted(parts))}",
                help="drop the option `test`",
            )
        train, test = parts["train"], parts[wanted]
        note = f"given: {len(train):,} train, {len(test):,} {wanted}"
        left = [f"{len(split):,} {part} not used" for part, split in parts.items() if part not in ("train", wanted)]
        return train, test, "; ".join([note, *left])
    whole = parts["train" if "train" in parts else "all"]
    rows = len(whole)
    if rows < 2:
        raise error("E508", f"{name} has {rows} rows, expected at least 2: one to train on and one to hold out")
    held = min(rows - 1, max(1, round(rows * share)))
    order = np.random.default_rng([seed, rows]).permutation(rows)
    test, train = whole.take(np.sort(order[:held])), whole.take(np.sort(order[held:]))
    percent = round(100 * held / rows)
    return train, test, f"seeded split {100 - percent}/{percent}, seed {seed}: {len(train):,} train, {held:,} held out"
