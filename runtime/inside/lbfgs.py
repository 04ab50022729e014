"""Descent with a memory of the last slopes: L-BFGS (Liu and Nocedal 1989), with steps that never climb."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

from netc.runtime.sessions.resident import Array

MEMORY = 10
SHORTER = 0.5
MOST_TRIES = 12
ENOUGH = 1e-4
"""Armijo's condition: the share of the foretold fall that a step has to reach."""

Function = Callable[[Array], tuple[float, Array]]


def lbfgs(
    function: Function, x: Array, evaluations: int, told: Callable[[int], None] | None = None
) -> tuple[Array, list[float]]:
    """A point of low value, and the value after each step.

    function     value and gradient at a point;  evaluations: how often it is called, at most
    """
    done = 0

    def at(point: Array) -> tuple[float, Array]:
        nonlocal done
        done += 1
        if told is not None:
            told(done)
        return function(point)

    value, slope = at(x)
    history = [value]
    pairs: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    while done < evaluations:
        direction = -_scaled(slope, pairs)
        fall = float(np.vdot(slope, direction))
        if fall >= 0:  # rounding has spoiled the memory: begin anew along the slope
            pairs.clear()
            direction, fall = -slope, -float(np.vdot(slope, slope))
        if fall == 0:
            break
        length = 1.0 if pairs else min(1.0, 1.0 / float(np.abs(slope).max()) * 0.05)
        for _ in range(MOST_TRIES):
            new = x + np.float32(length) * direction
            new_value, new_slope = at(new)
            if new_value <= value + ENOUGH * length * fall or done >= evaluations:
                break
            length *= SHORTER
        if not new_value < value:
            break
        step, turn = new - x, new_slope - slope
        if float(np.vdot(step, turn)) > 1e-10 * float(np.vdot(turn, turn)):
            pairs.append((step, turn))
        x, value, slope = new, new_value, new_slope
        history.append(value)
    return x, history


def _scaled(slope: Array, pairs: deque[tuple[Array, Array]]) -> Array:
    """The inverse of the curvature that the pairs tell of, times the slope: the loop in two directions."""
    rest, shares = slope.astype(np.float64), []
    for step, turn in reversed(pairs):
        share = np.vdot(step, rest) / np.vdot(step, turn)
        shares.append(share)
        rest -= share * turn
    if pairs:
        step, turn = pairs[-1]
        rest *= np.vdot(step, turn) / np.vdot(turn, turn)
    for (step, turn), share in zip(pairs, reversed(shares), strict=True):
        rest += (share - np.vdot(turn, rest) / np.vdot(step, turn)) * step
    return np.asarray(rest, np.float32)
