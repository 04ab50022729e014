"""The mean over positions that count differently: against numpy, with and without counts and a mask."""

from __future__ import annotations

import numpy as np
import pytest
from sessions import session_of
from stages import legalise

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.losses.mean import weighted_mean

EACH = np.array([[1.0, -2.0, 4.0], [8.0, 0.5, -3.0]], np.float32)
COUNTS = np.array([[1.0, 0.0, 2.0], [0.5, 3.0, 0.25]], np.float32)
MASKS = {"rows": np.array([0.5, 2.0], np.float32), "positions": np.array([[1, 0, 1], [0, 2, 1]], np.float32)}


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("mask", [None, "rows", "positions", "nothing"])
def test_what_it_is_divided_by(counted: bool, mask: str | None) -> None:
    """By the sum of what counts, and 0 where nothing does."""
    weights = None if mask is None else MASKS.get(mask, np.zeros(2, np.float32))
    feeds = {"each": EACH} | ({"counts": COUNTS} if counted else {}) | ({} if weights is None else {"mask": weights})
    graph = Graph("mean")
    given = {name: Value(name, DType.FLOAT32, array.shape) for name, array in feeds.items()}
    graph.inputs = list(given.values())
    value = weighted_mean(Builder(graph), given["each"], given.get("counts"), given.get("mask"), EACH.shape)
    graph.outputs = {"value": value}
    (found,) = session_of(emit(legalise(graph)).SerializeToString()).run(None, feeds)
    shares = np.ones_like(EACH) if weights is None else np.broadcast_to(weights.reshape(2, -1), EACH.shape)
    numerator, divisor = (EACH * shares).sum(), ((COUNTS if counted else np.ones_like(EACH)) * shares).sum()
    assert found == pytest.approx(numerator / divisor if divisor else 0.0, rel=1e-6)
