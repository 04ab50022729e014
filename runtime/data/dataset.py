"""What every reader returns: fields of equal length, in named parts, with the place each row came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from netc.runtime.data.errors import error, shape_text

Place = Callable[[str, int], str]


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


@dataclass(frozen=True, slots=True)
class Split:
    """A part of the data.

    fields         name -> [rows, …]
    place          (field, row) -> where that value stands: "data.npz, train_labels[17]", "cats/3.png"; row -1 means
                   the field as a whole
    channels_last  fields known to be images in [rows, H, W, C] order
    """

    fields: Mapping[str, Field]
    place: Place
    channels_last: frozenset[str] = frozenset()

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
        return Split(fields, lambda name, row: place(name, int(rows[row]) if row >= 0 else row), self.channels_last)


@dataclass(frozen=True, slots=True)
class DataSet:
    """Data that is read and split, not yet fitted to a net.

    name, description   "digits"; "1,797 rows: image 8x8, label"
    train, test         the rows to learn from and the rows held out
    class_names         the name of class 0, 1, …; None where the data doesn't say
    split_note          "given: 1,500 train, 297 test" or "seeded split 90/10, seed 0: …"
    scale               what float inputs are divided by; None means 255 for bytes and 1 for everything else
    """

    name: str
    description: str
    train: Split
    test: Split
    class_names: tuple[str, ...] | None
    split_note: str
    scale: float | None = None


def check_lengths(fields: Mapping[str, Field], place: Place) -> None:
    """E509 unless every field has the same number of rows."""
    lengths = {name: len(values) for name, values in fields.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{place(name, -1)} has {length:,} rows" for name, length in lengths.items())
        raise error("E509", listed, help="give every field one row for each example")


def describe(parts: Iterable[Split], classes: int | None) -> str:
    """ "1,797 rows: image 8x8 float32, label int64; 10 classes"."""
    parts = list(parts)
    rows = sum(len(part) for part in parts)
    fields = [f"{name} {_values(values)}" for name, values in parts[0].fields.items()]
    return f"{rows:,} rows: {', '.join(fields)}" + (f"; {classes} classes" if classes else "")


def _values(values: Field) -> str:
    return f"{shape_text(values.shape[1:])} {values.dtype}" if len(values.shape) > 1 else str(values.dtype)
