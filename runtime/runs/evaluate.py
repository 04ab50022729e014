"""Loss and metrics over data: the inference model gives predictions, a scorer compares them with targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np

from netc.compiler import LOSS, Figure, Parts, Tallies, said
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.batches import BoundBatches, chunks
from netc.runtime.sessions.isolated.process import IsolatedSession
from netc.runtime.sessions.resident import Array
from netc.runtime.sessions.session import Session


def evaluate(
    predict: Callable[[Mapping[str, Array]], Mapping[str, Array]],
    scorer: Session | IsolatedSession,
    batches: Iterable[Mapping[str, Array]],
) -> dict[str, Figure]:
    """The mean loss and metrics over all rows of all batches. `predict` gives outputs by what they are called.

    It gets all fields of a batch, targets too, and reads what it needs. Raises DiagnosticError E559 for no rows.
    """
    assert scorer.manifest is not None
    inputs = scorer.manifest["inputs"]
    fields = [port for port in inputs if port["role"] in ("data", "target")]
    predictions = [port for port in inputs if port["role"] == "prediction"]
    tallies, order = Tallies(scorer.manifest), list(map(said, scorer.manifest["outputs"]))
    totals: dict[str, float] = {}
    sums: Parts = {}
    rows = 0
    for given in batches:
        answers = predict(given)
        count = len(next(iter(given.values())))
        rows += count
        feeds = {port["name"]: answers[said(port)] for port in predictions}
        feeds |= {port["name"]: np.ascontiguousarray(given[said(port)], port["dtype"]) for port in fields}
        numbers, parts = tallies.split(scorer.run(feeds))
        for name, value in numbers.items():
            totals[name] = totals.get(name, 0.0) + value * count
        tallies.add(sums, parts)
    if not rows:
        raise DiagnosticError(Diagnostic("E559", "there are no rows to measure on", help="give at least one example"))
    found = tallies.whole({name: total / rows for name, total in totals.items()} | tallies.figures(sums))
    return {name: found[name] for name in dict.fromkeys([*(LOSS,) * (LOSS in found), *map(tallies.figure_of, order)])}


def batches_of(rows: BoundBatches, batch: int) -> Iterator[Mapping[str, Array]]:
    """All rows in their order, `batch` at a time."""
    return (rows.batch(indices) for indices in chunks(len(rows), batch))
