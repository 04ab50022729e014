"""What a network that classifies says of rows: probabilities of its classes, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.runtime.sessions.resident import Array


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The likeliest class of a row.

    name         as the data card has it, else its number as text;  index: its number
    probability  from 0 to 1
    ranked       the likeliest classes, this one first: {"class": 7, "name": "seven", "probability": 0.998}
    """

    name: str
    index: int
    probability: float
    ranked: Sequence[Mapping[str, Any]]

    def __repr__(self) -> str:
        return class_line(self.ranked)


def answers(scores: Array, class_names: Sequence[str] | None, top: int) -> list[Answer]:
    """An answer for each row of probabilities [n, classes]."""
    found = best_classes(scores, class_names, top)
    return [
        Answer(str(first["name"] or first["class"]), first["class"], first["probability"], ranked)
        for first, ranked in ((ranked[0], ranked) for ranked in found)
    ]


def class_scores(outputs: Mapping[str, Array], predictions: Iterable[str], counts: AbstractSet[int]) -> Array | None:
    """Probabilities [n, classes]: the softmax of the first prediction that a loss compares with classes; else None."""
    logits = (values for values in (outputs[name] for name in predictions) if values.ndim == 2)
    return next((softmax(values) for values in logits if values.shape[1] in counts), None)


def softmax(values: Array) -> Array:
    """Of each row."""
    shifted = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def best_classes(scores: Array, class_names: Sequence[str] | None, top: int) -> list[list[dict[str, Any]]]:
    """For each row of probabilities [n, classes] the `top` classes, the likeliest first: class, name, probability."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :top]
    named = class_names or ()
    return [
        [
            {
                "class": int(index),
                "name": named[index] if index < len(named) else None,
                "probability": round(float(row[index]), 6),
            }
            for index in ranked
        ]
        for row, ranked in zip(scores, order, strict=True)
    ]


def class_line(ranked: Sequence[Mapping[str, Any]]) -> str:
    """`7  99.8 %    1  0.1 %`."""
    return "    ".join(f"{item['name'] or item['class']}  {100 * item['probability']:.1f} %" for item in ranked)
