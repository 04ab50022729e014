"""Two peaks, on samples that were made to have one or two."""

from __future__ import annotations

import numpy as np
import pytest

from bench.peaks import Peaks, two_peaks


def share(draw: object, windows: int = 12, samples: int = 300) -> float:
    """How often two peaks are found."""
    return sum(two_peaks(list(draw(windows))) is not None for _ in range(samples)) / samples  # type: ignore[operator]


def test_two_values_are_two_peaks() -> None:
    assert two_peaks([1.0] * 6 + [1.4] * 6) == Peaks(1.0, 1.4)
    assert two_peaks([1.0, 1.41, 1.02, 1.4, 1.01, 1.39, 1.0, 1.42, 1.01, 1.4]) == Peaks(1.01, 1.4)


@pytest.mark.parametrize(
    "seconds",
    [
        [1.0] * 12,
        [1.0] * 11 + [9.0],  # one window that was disturbed
        [1.0, 1.04] * 6,  # apart, but by less than matters
        [1.0, 1.4] * 4,  # too few
        [1.0 + 0.1 * number for number in range(12)],  # evenly spread
    ],
)  # fmt: skip
def test_one_peak(seconds: list[float]) -> None:
    assert two_peaks(seconds) is None


def test_how_often_chance_makes_two() -> None:
    generator = np.random.default_rng(1)
    assert share(lambda windows: generator.normal(1.0, 0.1, windows)) < 0.03
    assert share(lambda windows: generator.lognormal(0.0, 0.2, windows)) < 0.05
    assert share(lambda windows: 1 + generator.exponential(0.1, windows)) < 0.10
    assert share(lambda windows: generator.choice([1.0, 1.3], windows) * generator.normal(1.0, 0.02, windows)) > 0.9
