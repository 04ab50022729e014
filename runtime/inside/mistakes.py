"""Where a classifier is wrong: which classes it takes for which, and on which examples it is surest and wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from netc.compiler import batch_ports
from netc.runtime.data.batches import chunks
from netc.runtime.inside.classes import called
from netc.runtime.inside.layers import image_input, scores
from netc.runtime.inside.look import look
from netc.runtime.inside.mosaic import picture
from netc.runtime.inside.scale import PLAIN, Scale
from netc.runtime.inside.view import Plot, Sheet
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BATCH = 256
MOST_NUMBERS = 25
"""Classes up to which every cell of the matrix has its number."""


@look
def confusion(model: Model, inputs: Mapping[str, Array], labels: Array) -> Plot:
    """How often each class `[rows: labels]` was taken for each `[columns: answers]`, coloured by the share of its row.

    inputs  by name, `[N, …]`, as the net computes with them;  labels: `[N]`, numbers of classes, or that which the
            loss ignores: such rows don't count

    Raises DiagnosticError E593 for a net without scores of classes.
    """
    labels = np.asarray(labels)
    counted = _counted(model, labels)
    labels, found = labels[counted], _scores(model, inputs)[counted]
    count = found.shape[1]
    matrix = np.zeros((count, count), np.int64)
    np.add.at(matrix, (labels, found.argmax(1)), 1)
    share = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    names = [called(model, number) for number in range(count)]
    right = float(np.trace(matrix) / max(1, matrix.sum()))

    def draw(figure: Figure) -> None:
        plot = figure.subplots()
        figure.colorbar(plot.imshow(share, cmap="viridis", vmin=0, vmax=1), label="share of the label's examples")
        ticks = range(count) if count <= 2 * MOST_NUMBERS else range(0, count, -(-count // MOST_NUMBERS))
        plot.set_xticks(list(ticks), [names[at] for at in ticks], rotation=90)
        plot.set_yticks(list(ticks), [names[at] for at in ticks])
        plot.set_xlabel("answer")
        plot.set_ylabel("label")
        for row, column in np.ndindex(matrix.shape) if count <= MOST_NUMBERS else ():
            if matrix[row, column]:
                colour = "black" if share[row, column] > 0.6 else "white"
                plot.text(column, row, str(matrix[row, column]), ha="center", va="center", color=colour, fontsize=7)

    side = min(14.0, 4.5 + 0.28 * count)
    title = f"confusion of {model.net.name}: {right:.1%} of {len(labels):,} right"
    return Plot(title, {"matrix": matrix}, draw, (side + 1, side))


@look
def errors(
    model: Model,
    inputs: Mapping[str, Array],
    labels: Array,
    names: list[str] | None = None,
    *,
    most: int = 16,
    scale: Scale = PLAIN,
) -> Sheet:
    """The wrongly answered examples with the largest cross entropy, the worst first.

    inputs  by name, `[N, …]`, as the net computes with them;  labels: `[N]`, as of `confusion`;  names: of the rows

    Raises DiagnosticError E593 for a net without scores of classes or without a picture.
    """
    name, labels = image_input(model).name, np.asarray(labels)
    found = _scores(model, inputs).astype(np.float64)
    top = found.max(1, keepdims=True)
    logs = found - top - np.log(np.exp(found - top).sum(1, keepdims=True))
    answers, counted = found.argmax(1), _counted(model, labels)
    losses = -logs[np.arange(len(labels)), np.where(counted, labels, 0)]
    wrong = np.flatnonzero(counted & (answers != labels))
    worst = wrong[np.argsort(-losses[wrong], kind="stable")][:most]
    shown = scale.to_picture(inputs[name][worst])
    panels = []
    for at, row in enumerate(worst):
        is_, said = called(model, int(labels[row])), called(model, int(answers[row]))
        title = f"{'' if names is None else names[row] + ': '}{is_}, not {said} ({np.exp(logs[row, answers[row]]):.0%})"
        panels.append((title, picture(shown[at])))
    below = [f"{len(wrong):,} of {counted.sum():,} wrong"]
    if not panels:
        from PIL import Image

        panels = [("nothing is wrong", Image.new("RGB", (256, 32), "white"))]
    arrays = {"rows": worst, "losses": losses[worst], "answers": answers[worst], "labels": labels[worst]}
    return Sheet(f"errors of {model.net.name}", arrays, panels, below)


def _counted(model: Model, labels: Array) -> Array:
    """Which rows have a label that the loss doesn't ignore."""
    ports = batch_ports(model.net, model.net.plans[0]) if model.net.plans else []
    ignored = next((port.get("ignored") for port in ports if port["role"] == "target" and "classes" in port), None)
    return np.ones(len(labels), bool) if ignored is None else labels != ignored


def _scores(model: Model, inputs: Mapping[str, Array]) -> Array:
    path = scores(model)
    rows = len(next(iter(inputs.values())))
    parts = [model.forward({key: x[some] for key, x in inputs.items()}, [path])[path] for some in chunks(rows, BATCH)]
    return np.concatenate(parts)
