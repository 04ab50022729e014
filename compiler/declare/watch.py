"""Watching a figure from epoch to epoch: what schedules and stops that depend on it have in common."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import Integer, Real, argument
from netc.compiler.declare.references import Name

WATCH: Any = argument(Name(), "the figure that counts: `loss`, or a metric of the section", default="loss")
"""`watch: str = WATCH`. Of a figure that is measured on held-out rows too, these count."""

THRESHOLD: Any = argument(Real(0), "what a figure has to gain to count as better", default=0.0)

PATIENCE = Integer(1)


def is_better(value: float, best: float | None, higher: bool, threshold: float) -> bool:
    """Whether a value beats the best so far by more than a threshold; `higher` says which way is better."""
    return best is None or (value > best + threshold if higher else value < best - threshold)
