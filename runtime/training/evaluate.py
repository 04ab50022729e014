"""Loss and metrics over data: the inference model gives predictions, a scorer compares them with targets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from netc.compiler import said
from netc.runtime.data.batches import BoundBatches
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session


def evaluate(
    predict: Callable[[Mapping[str, Array]], Mapping[str, Array]], scorer: Session, rows: BoundBatches, batch: int
) -> dict[str, float]:
    """The mean loss and metrics over all rows. `predict` gives outputs by what they are called.

    It gets all fields of a batch, targets too, and reads what it needs.
    """
    assert scorer.manifest is not None
    inputs = scorer.manifest["inputs"]
    fields = [port for port in inputs if port["role"] in ("data", "target")]
    predictions = [port for port in inputs if port["role"] == "prediction"]
    totals: dict[str, float] = {}
    for indices in chunks(len(rows), batch):
        given = rows.batch(indices)
        answers = predict(given)
        feeds = {port["name"]: answers[said(port)] for port in predictions}
        feeds |= {port["name"]: np.ascontiguousarray(given[said(port)], port["dtype"]) for port in fields}
        for name, value in scorer.run(feeds).items():
            totals[name] = totals.get(name, 0.0) + float(value) * len(indices)
    return {name: total / len(rows) for name, total in totals.items()}


def chunks(rows: int, batch: int) -> Iterator[Array]:
    """The numbers 0 to rows - 1 in runs of `batch`; the last may be shorter."""
    for start in range(0, rows, batch):
        yield np.arange(start, min(start + batch, rows))
