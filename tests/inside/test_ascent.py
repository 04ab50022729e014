"""Climbing and descending, by formulas of one's own."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from netc.runtime.inside.ascent import Canvas, climb, rough_slope
from netc.runtime.inside.lbfgs import lbfgs

Array = np.ndarray[Any, Any]


@pytest.mark.parametrize("shape", [(2, 3, 8, 10), (1, 1, 7, 9)])
def test_the_slope_of_a_canvas_by_differences(shape: tuple[int, int, int, int]) -> None:
    canvas = Canvas(shape, seed=1)
    random = np.random.default_rng(0)
    goal, way = random.normal(size=shape), random.normal(size=canvas.z.shape).astype(np.float32)
    start, step = canvas.z.copy(), 1e-3
    slope = canvas.slope(canvas.picture(), goal)
    values = []
    for sign in (1, -1):
        canvas.z = start + sign * step * way
        values.append(float((canvas.picture().astype(np.float64) * goal).sum()))
    assert (values[0] - values[1]) / (2 * step) == pytest.approx(float((slope * way).sum()), rel=2e-3)


def test_roughness_by_differences() -> None:
    random = np.random.default_rng(0)
    x, way = random.normal(size=(2, 1, 2, 5, 4))

    def rough(y: Array) -> float:
        return float((np.diff(y, axis=2) ** 2).sum() + (np.diff(y, axis=3) ** 2).sum())

    near = (rough(x + 1e-4 * way) - rough(x - 1e-4 * way)) / 2e-4
    assert near == pytest.approx(float((rough_slope(x) * way).sum()), rel=1e-7)


def test_climbing_finds_the_brightest_place() -> None:
    weight = np.zeros((1, 1, 16, 16), np.float32)
    weight[..., 4:9, 6:11] = 1
    made, history = climb(Canvas((1, 1, 16, 16)), lambda x: (float((x * weight).sum()), weight), 200, jitter=0)
    assert history[-1] > 0.97 * 25
    assert made.min() >= 0
    assert made.max() <= 1


def test_a_quadratic_is_solved() -> None:
    random = np.random.default_rng(0)
    half = random.normal(size=(12, 12))
    matrix, wanted = half @ half.T + np.eye(12), random.normal(size=12)

    def function(x: Array) -> tuple[float, Array]:
        off = x.astype(np.float64) - wanted
        return float(off @ matrix @ off / 2), np.asarray(matrix @ off, np.float32)

    found, history = lbfgs(function, np.zeros(12, np.float32), 200)
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert all(later < earlier for earlier, later in pairwise(history))


def test_rosenbrocks_valley_is_followed() -> None:
    def function(x: Array) -> tuple[float, Array]:
        a, b = map(float, x)
        slope = [-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2, np.array(slope, np.float32)

    calls: list[int] = []
    found, _ = lbfgs(function, np.array([-1.2, 1], np.float32), 150, calls.append)
    np.testing.assert_allclose(found, 1, atol=1e-2)
    assert calls[-1] <= 150
    assert calls == list(range(1, len(calls) + 1))


def test_a_picture_that_wakes_nothing_gets_more_contrast() -> None:
    def judge(x: Array) -> tuple[float, Array]:  # a unit that rests until a place is 0.3 brighter than grey
        awake = np.maximum(x - np.float32(0.8), 0)
        return float(awake.sum()), (awake > 0).astype(np.float32)

    asleep = Canvas((1, 1, 16, 16)).picture()
    assert judge(asleep)[0] == 0
    made, history = climb(Canvas((2, 1, 16, 16)), judge, 200, jitter=0)
    assert history[-1] > history[0] == 0
    assert ((made > 0.8).mean(axis=(1, 2, 3)) > 0.3).all()
