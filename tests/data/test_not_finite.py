"""NaN and infinity in what a caller of Python gives: refused with the row (E506), and no divergence (E701)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError

TEXT = "net A { input x: 3\n y = dense(2) }\ntrain A { loss = mse(y, t, mask=w)\n batch = 4; epochs = 1 }"
GOOD = {"x": np.ones((12, 3), np.float32), "t": np.zeros((12, 2), np.float32), "w": np.ones(12, np.float32)}


def trainer() -> netc.Trainer:
    return netc.Trainer(netc.Model(netc.loads(TEXT), device="cpu"))


def bad(name: str, value: float, dtype: str = "float32") -> dict[str, np.ndarray]:
    made = {key: array.copy() for key, array in GOOD.items()}
    made[name] = made[name].astype(dtype)
    made[name].reshape(12, -1)[7, -1] = value
    return made


def batches(rows: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    return [{name: array[at : at + 4] for name, array in rows.items()} for at in (0, 4, 8)]


def generated(rows: dict[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    while True:
        yield from batches(rows)


WAYS: dict[str, tuple[Callable[[Any], object], int]] = {
    "fit": (lambda rows: trainer().fit(rows, quiet=True), 7),
    "fit with a share": (lambda rows: trainer().fit(rows, validation=0.25, quiet=True), 7),
    "fit and validation": (lambda rows: trainer().fit(GOOD, validation=rows, quiet=True), 7),
    "fit on batches": (lambda rows: trainer().fit(batches(rows), quiet=True), 3),
    "fit on a generator": (lambda rows: trainer().fit(generated(rows), steps=3, quiet=True), 3),
    "validation of batches": (lambda rows: trainer().fit(GOOD, validation=batches(rows), quiet=True), 3),
    "step": (lambda rows: trainer().step(rows), 7),
    "evaluate": (lambda rows: trainer().evaluate(rows), 7),
    "evaluate on batches": (lambda rows: trainer().evaluate(batches(rows)), 3),
}
"""What is given rows, and under which number it meets row 7."""


@pytest.mark.quick(20)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_the_row_is_named(way: str, name: str, value: float) -> None:
    run, row = WAYS[way]
    with pytest.raises(DiagnosticError) as caught:
        run(bad(name, value))
    found = caught.value.diagnostics[0]
    assert found.code == "E506", found.message
    assert f"`{name}`[{row}] is {value}" in found.message


@pytest.mark.parametrize("way", WAYS)
def test_a_number_that_float32_has_no_place_for(way: str) -> None:
    run, row = WAYS[way]
    with pytest.raises(DiagnosticError) as caught:
        run(bad("x", 1e300, "float64"))
    assert (caught.value.diagnostics[0].code, f"`x`[{row}]" in caught.value.diagnostics[0].message) == ("E506", True)


def test_an_answer_to_nan_is_nan() -> None:
    """A model computes with what it is given: only learning and measuring refuse it."""
    found = netc.Model(netc.loads(TEXT), device="cpu")(bad("x", np.nan)["x"])
    assert np.isnan(found[7]).all()
    assert np.isfinite(np.delete(found, 7, axis=0)).all()
