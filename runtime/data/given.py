"""From whatever a caller gives as data to rows in the net's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.batches import BoundBatches
from netc.runtime.data.bind import bind_data
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.feed import feed
from netc.runtime.sessions.resident import Array

__all__ = ["ArrayRows", "BoundBatches", "Parts", "bind"]


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


def bind(data: Any, ports: Sequence[Port], validation: Any = None) -> Parts:
    """Fit data to the inputs and targets of a net.

    data  a spec as `--data` takes it, a DataSet, {name: array}, or a DataSet that is fitted already

    Raises DiagnosticError E5xx for what doesn't fit.
    """
    if isinstance(data, str):
        from netc.runtime.data import open_data

        data = open_data(data)
    if isinstance(data, DataSet):
        data = bind_data(data, ports)
    parts = Parts(_rows(data, ports), None) if isinstance(data, Mapping) else Parts(data.train, data.test)
    if validation is not None:
        parts = Parts(parts.train, _rows(validation, ports))
    if not len(parts.train):
        raise DiagnosticError(Diagnostic("E559", "there are no rows to train on", help="give at least one example"))
    return parts


def _rows(arrays: Mapping[str, Any], ports: Sequence[Port]) -> ArrayRows:
    images = [port for port in ports if port["role"] == "data" and len(port["shape"]) == 4]
    return ArrayRows(
        feed(ports, {name: np.asarray(array) for name, array in arrays.items()}),
        tuple(port["name"] for port in images if port["dtype"].startswith("float")),
    )
