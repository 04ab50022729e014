"""Which class an explanation is of, for each example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from netc.runtime.inside.layers import scores
from netc.runtime.model import Model
from netc.runtime.sessions.resident import Array


def chosen(model: Model, inputs: Mapping[str, Array], number: int | None) -> tuple[str, Array, Array]:
    """The path of the scores, the scores `[N, classes]`, and each row's class: the given one, else the likeliest."""
    path = scores(model)
    found = model.forward(inputs, [path])[path]
    rows = np.argmax(found, 1) if number is None else np.full(len(found), number)
    return path, found, rows


def scored(model: Model, found: Array, rows: Array) -> list[str]:
    """A line for each row: its class, and the score of it."""
    return [
        f"class {called(model, int(number))}, score {scores[number]:.3g}"
        for scores, number in zip(found, rows, strict=True)
    ]


def directions(found: Array, rows: Array) -> Array:
    """Ones at the classes."""
    direction = np.zeros_like(found)
    direction[np.arange(len(found)), rows] = 1
    return direction


def called(model: Model, number: int) -> str:
    """The class by its name, where the card has one."""
    names: Sequence[str] | None = None if model.card is None else model.card.class_names
    return names[number] if names is not None and number < len(names) else str(number)
