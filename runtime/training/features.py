"""What the frozen front of a net gives for every row, computed once, and the rest of the net to train on it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from netc.compiler import Cut, Net, Port, TrainPlan, batch_ports, cut, format_shape
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.augment import Batch
from netc.runtime.data.batches import BoundBatches, chunks
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

ROWS = 64
"""Rows that the front is run on at a time."""

SHARE = 0.5
"""Of the machine's memory that features may take."""


class FeatureRows:
    """Rows by their numbers, held as arrays: features, and what else a step reads of the data."""

    def __init__(self, arrays: dict[str, Array]) -> None:
        self.arrays = arrays

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def batch(self, indices: Any) -> Batch:
        """These rows."""
        return {name: array[indices] for name, array in self.arrays.items()}


class Features:
    """A model cut where its frozen part ends; both halves have its weights.

    Raises DiagnosticError E574 where the net can't be cut, or rows are batches that come from elsewhere.
    """

    def __init__(self, model: Model, plan: TrainPlan) -> None:
        self.cut: Cut = cut(model.net, plan)
        self.data: list[Port] = batch_ports(model.net, plan)
        self._front = sharing(model, self.cut.trunk)
        self.head = sharing(model, self.cut.head)

    @property
    def said(self) -> str:
        """The features with their shapes, as the text calls them."""
        values = [value for value in self.cut.head.inputs if value.name in self.cut.features]
        return ", ".join(f"{value.origin.scope or value.name} {format_shape(value.shape[1:])}" for value in values)

    def of(self, rows: object) -> FeatureRows:
        """The features of rows, with what else a step reads of them."""
        if not isinstance(rows, BoundBatches):
            raise _refused("the data comes in batches, and rows can't be told apart", "give rows: arrays, files")
        wanted = batch_ports(self.cut.head, self.cut.plan)
        made: dict[str, Array] = {}
        for some in chunks(len(rows), ROWS):
            batch = self.of_batch(rows.batch(some))
            if not made:
                self._check_memory(batch, len(rows))
                made = {port["name"]: _empty(len(rows), batch[port["name"]], port) for port in wanted}
            for name, array in made.items():
                array[some] = batch[name]
        return FeatureRows(made)

    def of_batch(self, batch: Batch) -> Batch:
        """A batch with features beside its fields."""
        inputs = {port["name"]: batch[port["name"]] for port in self._front.inputs()}
        return {**batch, **self._front.forward(inputs)}

    def _check_memory(self, batch: Batch, rows: int) -> None:
        needed = rows * sum(batch[name].nbytes // len(batch[name]) for name in self.cut.features)
        if needed > SHARE * memory():
            size = f"{needed * 1e-9:.1f} GB for {counted(rows, 'row')}"
            raise _refused(f"they would take {size}", "freeze further, where maps are smaller, or take fewer rows")


def _empty(rows: int, like: Array, port: Port) -> Array:
    return np.empty((rows, *like.shape[1:]), port["dtype"])


def sharing(model: Model, net: Net) -> Model:
    """A model of another net whose weights are those of this one, by their names."""
    made = Model(net, model.device, model.seed, threads=model.threads, target=model.target)
    made.weights = model.weights
    return made


def memory() -> float:
    """Bytes of the machine's memory; without a bound where the system doesn't say."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):
        return float("inf")


def _refused(reason: str, help: str) -> DiagnosticError:
    message = f"the features of the frozen part can't be kept: {reason}"
    return DiagnosticError(Diagnostic("E574", message, help=help))
