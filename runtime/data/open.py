"""Find out what `--data` names, read it, and hold a part of it out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netc.grammar.diagnostics import suggestions
from netc.grammar.given import number, seed_of
from netc.runtime.data.arrays import read_digits
from netc.runtime.data.asked import check_named
from netc.runtime.data.cards.card import Card
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.divide import Divider, options_of_parts
from netc.runtime.data.errors import error, unreadable
from netc.runtime.data.files_below import skipped_text, unread
from netc.runtime.data.formats.base import Source, format_of_file, format_of_folder, known_formats
from netc.runtime.data.spec import FIELDS, Options, check_used, parse_spec

LABEL = "label"


def open_data(spec: str | Path, *, seed: int = 0, validation: float | None = None, card: Card | None = None) -> DataSet:
    """Read the data a spec names.

    spec        "digits", "mnist.npz", "table.csv:scale=255", "photos:size=64", or a path. docs/data.md lists formats
                and options
    seed        picks the rows that are held out where the data brings no split; training's own seed is another one
    validation  the share held out then, a tenth unless it or the spec's option is given; data that brings parts to
                measure on has no use for it
    card        of a model that was trained: images are read in its colours and levels, over its background, and to its
                size
    Raises DiagnosticError, codes E500 to E511, naming the file and the row.
    """
    spec = str(spec)
    name, said = parse_spec(spec)
    seed = seed_of(seed)
    validation = None if validation is None else number(validation, "validation")
    if validation is not None and not 0 < validation < 1:
        raise ValueError(f"validation is {validation}, expected a share between 0 and 1")
    said = replace(said, validation=said.validation or validation)
    options = said if card is None else _as_trained(said, card)
    source, skipped = _read(name, options)
    short = _short(name)
    check_used(short, said, FIELDS | source.options | options_of_parts(source.parts))
    notes = [*source.notes, *([skipped_text(skipped)] if skipped else [])]
    divided = Divider(short, source.parts, options.test, seed, options.validation)
    again = spec if (seed, validation, card) == (0, None, None) else None
    found = DataSet(
        short, source.parts, source.classes, options, divided, tuple(notes), skipped, source.warnings, spec=again
    )
    check_named(short, said, found.first)
    return found


def _as_trained(options: Options, card: Card) -> Options:
    pictures = [item for item in card.inputs if item.kind == "images"]
    if len(pictures) != 1:
        return options
    size = pictures[0].size if "size" in pictures[0].treated else None
    return replace(
        options,
        size=options.size or size,
        channels=options.channels or pictures[0].channels,
        background=options.background or pictures[0].treated.get("transparency"),
        top=pictures[0].levels,
    )


def _short(name: str) -> str:
    return Path(name).name or name


def _read(name: str, options: Options) -> tuple[Source, dict[str, int]]:
    """What the reader returns, and the files that it passed over, by ending."""
    path = Path(name)
    try:
        is_file, is_folder = path.is_file(), path.is_dir() and name != ""
    except (OSError, ValueError):
        is_file = is_folder = False
    if name == "digits" and not is_folder:
        parts, classes = read_digits()
        return Source(parts, {LABEL: classes}), {}
    if is_folder:
        try:
            source = format_of_folder(path).read(path, options)
            return source, unread(path, source.files)
        except OSError as reason:
            raise unreadable(path, reason) from None
    if not is_file:
        near = suggestions(name, ["digits"])
        raise error(
            "E500",
            f"there is no data `{name}`",
            f"data is one of: {known_formats()}",
            f"looked in {_where(path)}",
            help="use `digits`" if near else "give the path of an existing file or folder",
        )
    found = format_of_file(path)
    if found is None:
        raise error(
            "E501",
            f"{path} is of no known format",
            f"data is one of: {known_formats()}",
            help="give the folder that holds it, or convert it to npz",
        )
    return found.read(path, options), {}


def _where(path: Path) -> str:
    try:
        return f"the folder {path.parent.resolve()}"
    except (OSError, ValueError, RuntimeError):
        return "the working folder"
