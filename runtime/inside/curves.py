"""Trainings side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.folder.progress import Record
from netc.runtime.inside.view import Plot
from netc.runtime.sessions.resident import Array
from netc.runtime.show.plot import draw_curves, measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE, HIGH = 5.2, 3.8
"""Of a panel, in inches."""


def curves(runs: Mapping[str, Sequence[Record]]) -> Plot:
    """Loss and metrics over the epochs, a panel each: training dashed, held-out rows solid, a colour for each run.

    runs  label -> the records of a training: `run.history`, or what `fit` returns

    `arrays["RUN.METRIC"]` has a number for each epoch, as `arrays["RUN.epoch"]` has; nan where none was measured.

    Raises DiagnosticError E593 where no epoch is recorded.
    """
    metrics = measured(runs)
    if not metrics:
        help = "train for an epoch at least: `netc train FILE --epochs 1`"
        raise DiagnosticError(Diagnostic("E593", "no epoch is recorded", help=help))
    arrays: dict[str, Array] = {}
    for run, history in runs.items():
        for name in dict.fromkeys(name for record in history for name in record):
            arrays[f"{run}.{name}"] = np.array([record.get(name, np.nan) for record in history])

    def draw(figure: Figure) -> None:
        draw_curves(figure, runs)

    return Plot(f"curves of {', '.join(runs)}", arrays, draw, (WIDE * len(metrics), HIGH + 0.3))
