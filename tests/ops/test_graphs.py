"""Two thousand random graphs of all operators, in every target; and that a wrong gradient among them is found."""

from __future__ import annotations

from typing import Any

import graph_fuzz
import pytest

from netc.compiler.ops import all_ops

CASES, PIECES = 2000, 20


@pytest.mark.quick(1)
@pytest.mark.parametrize("piece", range(PIECES))
def test_random_graphs(piece: int) -> None:
    assert graph_fuzz.run(CASES // PIECES, seed=piece) == []


def test_most_operators_are_drawn() -> None:
    drawn = {word for word, _ in graph_fuzz.DRAWN}
    floats = {name for name, definition in all_ops().items() if definition.differentiable and not definition.domain}
    assert len(drawn) > 0.85 * len(floats), floats - drawn


@pytest.mark.quick(1)
@pytest.mark.parametrize("word", ["Tanh", "MatMul", "Slice"])
def test_a_wrong_gradient_is_found(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = all_ops()[word]
    right = definition.grad

    def wrong(g: Any, node: Any, *dy: Any) -> Any:
        return tuple(None if slope is None else g.Mul(slope, 1.001) for slope in right(g, node, *dy))

    monkeypatch.setattr(definition, "grad", staticmethod(wrong))
    found = graph_fuzz.run(25, seed=0)
    assert found
    assert all("the slope is" in line for line in found)
