"""Examples with labels, for the ways that look at many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.show.looking import Place
from netc.cli.terminal import say

if TYPE_CHECKING:
    import numpy as np

    from netc.runtime.model import Model

ROWS = 1000
"""Points of an embedding, at most."""


def examples(place: Place, model: Model, spec: str | None, most: int | None = None) -> tuple[dict[str, Any], Any]:
    """Inputs as the net computes with them, and the labels of classes or None: of some data, or what the run held out.

    most  rows, taken evenly
    """
    from netc.runtime.runs.rows import rows_of_run

    found = rows_of_run(model, Path(place.source), spec, most)
    if found is None:
        raise click.UsageError("there is no data to look at\n  = help: add `--data digits`, or the path of your own")
    say(found.description)
    return found.inputs, found.labels


def labelled(place: Place, model: Model, spec: str | None) -> tuple[dict[str, Any], np.ndarray]:
    """The same with labels; raises UsageError where the data has none."""
    inputs, labels = examples(place, model, spec)
    if labels is None:
        raise click.UsageError(
            "the data has no labels of classes\n  = help: give data with them, a folder for each class"
        )
    return inputs, labels
