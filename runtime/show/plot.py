"""Curves of one or several trainings, as a figure or a PNG. It needs matplotlib: `pip install matplotlib`."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.progress import PREFIX, Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from netc.runtime.show.picture import Picture

_AXES = ("epoch", "step", "learning_rate", "seconds")
MOST_TICKS = 10


def can_plot() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def plot_curves(runs: Mapping[str, Sequence[Record]], path: Path) -> None:
    """Write `curves` as a PNG, or as an SVG where the name ends so; raises DiagnosticError E562."""
    image = io.BytesIO()
    curves(runs).savefig(image, format="svg" if path.suffix.lower() == ".svg" else "png")
    write_atomic(path, image.getvalue())


def curves(runs: Mapping[str, Sequence[Record]]) -> Picture:
    """A panel for each metric over the epochs: training dashed, held-out rows solid, a colour for each run.

    runs  label -> the records of a training

    Raises ImportError where matplotlib is not installed.
    """
    if not can_plot():
        raise ImportError("curves need matplotlib: pip install matplotlib")
    from netc.runtime.show.picture import Picture

    figure = Picture(figsize=(5.2 * max(1, len(measured(runs))), 3.8), layout="constrained")
    draw_curves(figure, runs)
    return figure


def measured(runs: Mapping[str, Sequence[Record]]) -> list[str]:
    """What was measured in some run: loss and metrics by their names, in their order."""
    names = (name for history in runs.values() for record in history for name in record if name not in _AXES)
    return list(dict.fromkeys(name.removeprefix(PREFIX) for name in names))


def draw_curves(figure: Figure, runs: Mapping[str, Sequence[Record]]) -> None:
    """Draw `curves` into a figure of matplotlib's."""
    metrics = measured(runs)
    for axes, metric in zip(figure.subplots(1, max(1, len(metrics)), squeeze=False)[0], metrics, strict=False):
        for index, (run, history) in enumerate(runs.items()):
            for name, style, what in ((metric, "--", "training"), (PREFIX + metric, "-", "held out")):
                points = [(record["epoch"], record[name]) for record in history if name in record]
                if points:
                    label = f"{run}, {what}" if len(runs) > 1 else what
                    axes.plot(*zip(*points, strict=True), style, color=f"C{index}", label=label, **_dot(points, style))
        _whole_epochs(axes, [int(record["epoch"]) for history in runs.values() for record in history])
        axes.set_xlabel("epoch")
        axes.set_title(metric)
        axes.grid(alpha=0.3)
    _legend(figure)


def _dot(points: Sequence[object], style: str) -> dict[str, str]:
    """How a single point is marked, which is no line yet: hollow in training."""
    if len(points) > 1:
        return {}
    return {"marker": "o"} if style == "-" else {"marker": "o", "markerfacecolor": "none"}


def _legend(figure: Figure) -> None:
    """One for all panels, below them, where it hides no curve."""
    lines = {str(line.get_label()): line for axes in figure.axes for line in axes.lines}
    if lines:
        figure.legend(list(lines.values()), list(lines), loc="outside lower center", ncols=min(4, len(lines)))


def _whole_epochs(axes: Axes, epochs: Sequence[int]) -> None:
    """Ticks at epochs alone, on round numbers: there is nothing between two of them, and none before the first."""
    first, last = min(epochs, default=1), max(epochs, default=1)
    room = max(0.03 * (last - first), 0.5 if last - first < 10 else 0.0)
    axes.set_xlim(first - room, last + room)
    ticks = _round_epochs(first, last)
    axes.set_xticks(ticks, [f"{epoch:,}" for epoch in ticks])


def _round_epochs(first: int, last: int) -> list[int]:
    """At most ten epochs to mark: the first, and multiples of 1, 2, 5, 10, 20, …"""
    steps = (digit * 10**power for power in count() for digit in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step <= MOST_TICKS - 2)
    ticks = list(range(-(-first // step) * step, last + 1, step))
    return ticks if ticks and ticks[0] - first < step / 2 else [first, *ticks]
