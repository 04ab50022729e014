"""Curves of one or several trainings, as a figure or a PNG. matplotlib is an extra: `pip install 'netc[plot]'`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.progress import Record
from netc.runtime.show.progress import PREFIX

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_AXES = ("epoch", "step", "learning_rate", "seconds")


def can_plot() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def plot_curves(runs: Mapping[str, Sequence[Record]], path: Path) -> None:
    """Write `curves` as a PNG; raises DiagnosticError E562."""
    image = io.BytesIO()
    curves(runs).savefig(image, format="png")
    write_atomic(path, image.getvalue())


def curves(runs: Mapping[str, Sequence[Record]]) -> Figure:
    """A panel for each metric over the epochs: training dashed, held-out rows solid, a colour for each run.

    runs  label -> the records of a training

    Raises ImportError where matplotlib is not installed.
    """
    if not can_plot():
        raise ImportError("curves need matplotlib: pip install 'netc[plot]'")
    from matplotlib.ticker import MaxNLocator

    from netc.runtime.show.picture import Picture

    metrics = dict.fromkeys(
        name.removeprefix(PREFIX)
        for history in runs.values()
        for record in history
        for name in record
        if name not in _AXES
    )
    figure = Picture(figsize=(5.2 * max(1, len(metrics)), 3.8), layout="constrained")
    for axes, metric in zip(figure.subplots(1, max(1, len(metrics)), squeeze=False)[0], metrics, strict=False):
        for index, (label, history) in enumerate(runs.items()):
            for name, style, what in ((metric, "--", "training"), (PREFIX + metric, "-", "held out")):
                points = [(record["epoch"], record[name]) for record in history if name in record]
                if points:
                    text = f"{label}, {what}" if len(runs) > 1 else what
                    axes.plot(*zip(*points, strict=True), style, color=f"C{index}", label=text)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title(metric)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend()
    return figure
