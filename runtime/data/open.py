"""Find out what `--data` names, read it, and hold a part of it out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netc.grammar.diagnostics import suggestions
from netc.runtime.data.arrays import PARTS, read_digits, read_npz
from netc.runtime.data.card import Card
from netc.runtime.data.cifar import cifar_files, read_cifar
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.divide import SHARE, Divider
from netc.runtime.data.errors import error, unreadable
from netc.runtime.data.folder import read_folder
from netc.runtime.data.idx import idx_files, read_idx_folder
from netc.runtime.data.spec import Options, parse_spec
from netc.runtime.data.table import read_table

Parts = dict[str, Split]
LABEL = "label"
KNOWN = "digits, FILE.npz, FILE.csv, a folder of images by class, of MNIST's IDX files or of CIFAR's binary files"


def open_data(spec: str, *, seed: int = 0, validation: float = SHARE, card: Card | None = None) -> DataSet:
    """Read the data a spec names.

    spec        "digits", "mnist.npz", "table.csv:scale=255", "photos:size=64": docs/data.md lists formats and options
    seed        picks the rows that are held out where the data brings no split; training's own seed is another one
    validation  the share held out then, unless the spec has the option
    card        of a model that was trained: images are read in its colours, and brought to the size if its were
    Raises DiagnosticError, codes E500 to E511, naming the file and the row.
    """
    name, options = parse_spec(spec)
    options = options if card is None else _as_trained(options, card)
    share = options.validation if options.validation is not None else validation
    if not 0 < share < 1:
        raise ValueError(f"validation is {validation}, expected a share between 0 and 1")
    parts, classes = _read(name, options)
    short = _short(name)
    again = spec if (seed, validation, card) == (0, SHARE, None) else None
    divided = Divider(short, parts, options.test, seed, share)
    return DataSet(short, parts, {} if classes is None else {LABEL: classes}, options, divided, spec=again)


def _as_trained(options: Options, card: Card) -> Options:
    pictures = [item for item in card.inputs if item.kind == "images"]
    if len(pictures) != 1:
        return options
    size = pictures[0].size if "size" in pictures[0].treated else None
    return replace(options, size=options.size or size, channels=options.channels or pictures[0].channels)


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
