"""Examples to look at: of data that somebody names, or those that a run held out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from netc.compiler import Port, batch_ports, said
from netc.runtime.data import open_data
from netc.runtime.data.given import rows_of
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.model import Model
from netc.runtime.runs.request import request_of
from netc.runtime.sessions.resident import Array


@dataclass(frozen=True)
class Rows:
    """Inputs as the net computes with them, labels of classes where there are some, and what the rows are."""

    inputs: dict[str, Array]
    labels: Array | None
    description: str


def rows_of_run(model: Model, source: Path, spec: str | None, most: int | None = None) -> Rows | None:
    """Rows for a model; None where nothing says which.

    source  a run folder, whose held-out rows are taken unless `spec` names data;  most: rows, taken evenly

    Raises DiagnosticError E5xx for data that doesn't fit.
    """
    part = None
    if spec is None:
        if not source.is_dir() or not (spec := request_of(RunFolder.open(source)).data or None):
            return None
        part = "val" if model.card is not None and model.card.seeded is not None else None
    ports = _ports(model)
    data = open_data(spec, card=model.card)
    measured, rows = rows_of(data, ports, model.card, part)
    chosen = np.arange(len(rows)) if most is None else np.unique(np.linspace(0, len(rows) - 1, most).astype(int))
    batch = rows.batch(chosen)
    inputs = {said(port): np.asarray(batch[said(port)]) for port in ports if port["role"] == "data"}
    labels = next((said(port) for port in ports if port["role"] == "target" and "classes" in port), None)
    known = None if labels is None else np.asarray(batch[labels]).reshape(len(chosen), -1)[:, 0]
    what = "all rows" if measured == "all" else f"part {measured}"
    return Rows(inputs, known, f"{data.description}; {what}, {len(chosen):,} looked at")


def _ports(model: Model) -> list[Port]:
    return batch_ports(model.net, model.net.plans[0]) if model.net.plans else model.inputs()
