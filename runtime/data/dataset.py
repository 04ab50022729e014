"""What every reader returns: fields of equal length, in named parts, with the place each row came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.errors import error, shape_text
from netc.runtime.data.labels import TARGET_ALIASES, called, holds_text, names_of, numbers_among
from netc.runtime.data.spec import Options

if TYPE_CHECKING:
    from netc.runtime.data.images.pictures import Images

Place = Callable[[str, int], str]
Classes = Mapping[str, tuple[str, ...]]
SHOWN_FIELDS = 8


class Field(Protocol):
    """A column of the data, [rows, …]: an array, or images that are decoded when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows first."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """As stored."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any) -> Any: ...


class Divides(Protocol):
    """How rows are held out."""

    def __call__(self, needed: frozenset[str], by: str | None = None) -> Division:
        """Given the fields of the targets, and the one whose classes are divided in proportion or None.

        Raises E508 where there are no rows to train on.
        """
        ...

    def of(self, parts: Mapping[str, Split]) -> Divides:
        """The same for some of the rows, as one part."""
        ...

    def as_drawn(self, share: float, seed: int) -> Divides:
        """The same as a training drew its rows, but for a share that was asked for."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Split:
    """A part of the data.

    fields         name -> [rows, …]
    place          (field, row) -> where that value stands: "data.npz, train_labels[17]", "cats/3.png"; row -1 means
                   the field as a whole
    channels_last  fields known to be images in [rows, H, W, C] order
    columns        the fields that are columns of a table, in its order: several of them may make one input
    treated        what was done to its images, by name, as the data card keeps it
    deep           the files of fields that are images of more than 8 bits
    """

    fields: Mapping[str, Field]
    place: Place
    channels_last: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()
    treated: Mapping[str, str] = field(default_factory=dict)
    deep: Mapping[str, Images] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<part: {describe([self], None)}>"

    def __len__(self) -> int:
        return min((len(values) for values in self.fields.values()), default=0)

    def batch(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The rows with these indices, field by field, as they are stored."""
        rows = np.asarray(indices, np.int64)
        return {name: np.asarray(values[rows]) for name, values in self.fields.items()}

    def take(self, rows: np.ndarray) -> Split:
        """The part made of these rows; places still name the original ones."""
        place = self.place
        fields = {
            name: values[rows] if isinstance(values, np.ndarray) else values.take(rows)  # type: ignore[attr-defined]
            for name, values in self.fields.items()
        }
        moved: Place = lambda name, row: place(name, int(rows[row]) if row >= 0 else row)
        deep = {name: images.take(rows) for name, images in self.deep.items()}
        return Split(fields, moved, self.channels_last, self.columns, self.treated, deep)


@dataclass(frozen=True, slots=True)
class Division:
    """Rows to learn from, rows that choose the best epoch, rows measured once at the end; `names` as in the data.

    note  "given: 1,500 train, 297 test" or "seeded split 90/10, seed 0: …"
    seeded  the share and the seed that chose the rows held out, or None where the data brings parts
    by      the field whose classes were each divided in proportion, or None
    """

    train: Split
    held: Split
    final: Split | None
    names: tuple[str, ...]
    note: str
    seeded: tuple[float, int] | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class DataSet:
    """Data that is read, not yet fitted to a net. `len` counts its rows.

    `data[0:4]`, `data[7]` and `data[[3, 1]]` are data too, of these rows in the order of the file, one part after the
    other, of parts that are stored alike; a single row is a batch of one. `data["test"]` is a part. `netc.Model` takes
    them as they are.

    name     "digits";  parts: "train", "val" and "test" as the data names them, or "all"
    classes  field -> the name of class 0, 1, …, where the data says them
    divide   how rows are held out
    notes    what was passed over and what was done to images, a sentence each
    skipped  files in the data's folder that nothing read, by ending
    warnings  findings that don't stop a training
    spec     what to say to read the same again, or None: it is a part of a file, or was in memory
    """

    name: str
    parts: Mapping[str, Split]
    classes: Classes
    options: Options
    divide: Divides
    notes: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    spec: str | None = None

    def __repr__(self) -> str:
        return f"<data {self.name}: {self.description}>"

    def __len__(self) -> int:
        return sum(map(len, self.parts.values()))

    def __getitem__(self, which: Any) -> DataSet:
        if isinstance(which, str):
            chosen = self._part(which)
        else:
            rows = np.arange(len(self))[which]
            if rows.ndim > 1:
                raise TypeError(f"rows are chosen by a number, a slice or a list, not {which!r}")
            chosen = _taken(list(self.parts.values()), np.atleast_1d(rows))
        parts = {"all": chosen}
        return replace(self, parts=parts, divide=self.divide.of(parts), spec=None)

    def _part(self, name: str) -> Split:
        """A part as the data names it, or the training would; raises E510."""
        if name in self.parts:
            return self.parts[name]
        division = self._division
        drawn = dict(zip(division.names, (division.train, division.held), strict=False))
        if name not in drawn:
            known = ", ".join(dict.fromkeys([*self.parts, *drawn]))
            raise error(
                "E510", f"{self.name} has no part `{name}`", f"its parts are {known}", help="choose one of them"
            )
        return drawn[name]

    @property
    def description(self) -> str:
        """ "1,797 rows: image 8x8 float32, label int64; 10 classes"."""
        return describe(self.parts.values(), self.class_names)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the classes where the data says them, or a field that is called as labels are holds text."""
        texts = (name for name in TARGET_ALIASES if name in self.first.fields and self._is_text(name))
        return next(iter(self.classes.values()), None) or next((self._names(name) for name in texts), None)

    def _is_text(self, name: str) -> bool:
        return holds_text(self.first.fields[name])

    def _names(self, name: str) -> tuple[str, ...]:
        """Of a field of text in every part; one that holds numbers alone gives them the names that they are."""
        parts = [np.asarray(part.fields[name][:]) for part in self.parts.values() if name in part.fields]
        texts = names_of([text for part in parts if holds_text(part) for text in names_of(part)])
        numbers = numbers_among(texts)
        return names_of([*texts, *(called(value, numbers) for part in parts if not holds_text(part)
                                   for value in np.unique(part).tolist())])  # fmt: skip

    @property
    def _division(self) -> Division:
        """As a net divides that learns the classes which the data names."""
        named = (name for name in self.first.fields if name in self.classes)
        texts = (name for name in TARGET_ALIASES if name in self.first.fields and self._is_text(name))
        return self.divide(frozenset(), next(named, None) or next(texts, None))

    @property
    def train(self) -> Split:
        """The rows to learn from."""
        return self._division.train

    @property
    def held(self) -> Split:
        """The rows that choose the best epoch."""
        return self._division.held

    @property
    def test(self) -> Split:
        """The rows to measure on at the end: those that choose the best epoch, where there are no others."""
        return self._division.final or self.held

    @property
    def split_note(self) -> str:
        """How rows are held out, in words."""
        return self._division.note

    @property
    def first(self) -> Split:
        """The part that says what the data is: the one to train on, or all rows."""
        return self.parts.get("train") or self.parts.get("all") or next(iter(self.parts.values()))


def _taken(parts: Sequence[Split], rows: np.ndarray) -> Split:
    """These rows, counted through all parts; images of several parts are decoded."""
    chosen, back = by_part([len(part) for part in parts], rows)
    pieces = [parts[part].take(of_part) for part, of_part in chosen]
    if len(pieces) == 1:
        return pieces[0]
    names = [name for name in parts[0].fields if all(name in part.fields for part in parts)]
    _check_alike(pieces, names)
    fields: dict[str, Field] = {
        name: np.concatenate([np.asarray(piece.fields[name][:]) for piece in pieces])[back] for name in names
    }

    origins = [(part, row) for part, of_part in chosen for row in of_part.tolist()]

    def place(name: str, row: int) -> str:
        part, of_part = origins[back[row]] if row >= 0 else (0, row)
        return parts[part].place(name, of_part)

    first = parts[0]
    columns = tuple(name for name in first.columns if name in names)
    treated = {what: how for part in reversed(parts) for what, how in part.treated.items()}
    deep = {
        name: images.joined([piece.deep[name] for piece in pieces[1:]]).take(back)
        for name, images in pieces[0].deep.items()
        if all(name in piece.deep for piece in pieces)
    }
    return Split(fields, place, first.channels_last & set(names), columns, treated, deep)


def by_part(lengths: Sequence[int], rows: np.ndarray) -> tuple[list[tuple[int, np.ndarray]], np.ndarray]:
    """Rows that are counted through parts of these lengths: each part with its own of them, and the order of all."""
    ends = np.cumsum(lengths)
    at = np.searchsorted(ends, rows, side="right")
    starts = ends - lengths
    back = np.argsort(np.argsort(at, kind="stable"), kind="stable")
    return [(part, rows[at == part] - starts[part]) for part in sorted(set(at.tolist())) or [0]], back


def _check_alike(pieces: Sequence[Split], names: Sequence[str]) -> None:
    """E504 for fields that would mean something else as one array: of other shapes, or numbers beside bytes or text."""
    for name in names:
        first, *others = pieces
        for other in others:
            one, two = first.fields[name], other.fields[name]
            if one.shape[1:] != two.shape[1:] or _meaning(one) != _meaning(two):
                message = f"{first.place(name, -1)} holds {_values(one)}, {other.place(name, -1)} holds {_values(two)}"
                raise error("E504", message, help='take the rows of one part at a time, as `data["train"][0:3]`')


def _meaning(values: Field) -> str:
    """What its type says of a field's values: bytes and deep images are scaled by it, texts are names."""
    if values.dtype in (np.uint8, np.uint16):
        return str(values.dtype)
    return "text" if holds_text(values) else "numbers"


def check_lengths(fields: Mapping[str, Field], place: Place, help: str | None = None) -> None:
    """E509 unless every field has the same number of rows; help: the way out where the reader knows a better one."""
    lengths = {name: len(values) for name, values in fields.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{place(name, -1)} has {counted(length, 'row')}" for name, length in lengths.items())
        raise error("E509", listed, help=help or "give every field one row for each example")


def describe(parts: Iterable[Split], classes: Sequence[str] | None) -> str:
    """ "1,797 rows: image 8x8 float32, label int64; 10 classes"."""
    parts = list(parts)
    rows = sum(len(part) for part in parts)
    first = parts[0]
    listed = [f"{name} {_values(values)}" for name, values in first.fields.items() if name not in first.columns]
    if len(first.columns) > SHOWN_FIELDS:
        listed.append(f"{counted(len(first.columns), 'column')} {first.columns[0]} … {first.columns[-1]}")
    elif first.columns:
        listed.append(f"columns {', '.join(first.columns)}")
    return f"{counted(rows, 'row')}: {', '.join(listed)}" + (
        f"; {counted(len(classes), 'class', 'classes')}" if classes else ""
    )


def _values(values: Field) -> str:
    return f"{shape_text(values.shape[1:])} {values.dtype}" if len(values.shape) > 1 else str(values.dtype)
