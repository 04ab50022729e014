"""From whatever a caller gives as data to rows in the net's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.batches import BoundBatches
from netc.runtime.data.bind import bind_data, bind_part
from netc.runtime.data.card import Card
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.feed import feed
from netc.runtime.sessions.resident import Array

__all__ = ["ArrayRows", "BoundBatches", "Parts", "bind", "rows_of"]


@dataclass(frozen=True, slots=True)
class ArrayRows:
    """Rows of arrays in memory; `images` names the inputs that augmentation may change."""

    arrays: Mapping[str, Array]
    images: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def batch(self, indices: Any) -> dict[str, Array]:
        """Inputs and targets of these rows."""
        return {name: array[indices] for name, array in self.arrays.items()}


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows to learn from and rows to measure on."""

    train: BoundBatches
    test: BoundBatches | None
    card: Card | None = None


def bind(data: Any, ports: Sequence[Port], validation: Any = None, card: Card | None = None) -> Parts:
    """Fit data to the inputs and targets of a net.

    data  a spec as `--data` takes it, a DataSet, {name: array}, or a DataSet that is fitted already
    card  what the data meant when the model was trained; None: this data decides

    Raises DiagnosticError E5xx for what doesn't fit.
    """
    if isinstance(data, str):
        from netc.runtime.data import open_data

        data = open_data(data)
    if isinstance(data, DataSet):
        data = bind_data(data, ports, card)
    parts = Parts(_rows(data, ports), None) if isinstance(data, Mapping) else Parts(data.train, data.held, data.card)
    if validation is not None:
        parts = Parts(parts.train, _rows(validation, ports), parts.card)
    if not len(parts.train):
        raise DiagnosticError(Diagnostic("E559", "there are no rows to train on", help="give at least one example"))
    return parts


def rows_of(data: Any, ports: Sequence[Port], card: Card | None, part: str | None = None) -> tuple[str, BoundBatches]:
    """The rows to measure on, and the name of their part: all of them, unless the data has a part for it.

    data  as for `bind`;  part: "train", "val", "test" or "all" of a DataSet

    Raises DiagnosticError E5xx for what doesn't fit.
    """
    if isinstance(data, str):
        from netc.runtime.data import open_data

        data = open_data(data)
    if isinstance(data, DataSet):
        return bind_part(data, ports, card, part)
    if isinstance(data, Mapping):
        return "all", _rows(data, ports)
    return "val", data.held


def _rows(arrays: Mapping[str, Any], ports: Sequence[Port]) -> ArrayRows:
    images = [port for port in ports if port["role"] == "data" and len(port["shape"]) == 4]
    return ArrayRows(
        feed(ports, {name: np.asarray(array) for name, array in arrays.items()}),
        tuple(port["name"] for port in images if port["dtype"].startswith("float")),
    )
