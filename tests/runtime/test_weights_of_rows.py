"""A mask of the data with a weight for each example: the same as that weight at all positions of the example."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError

TEXT = """
net A { input x: SHAPE
  y = LAYER
}
train A { loss = mse(y, t, mask=w); metrics = [mae]; batch = 4; AUGMENTATION }
"""
CASES = {
    "map": ("2x4x6", "conv(3, 3x3, pad=same)", (2, 4, 6), (3, 4, 6), ""),
    "augmented": ("2x4x6", "conv(3, 3x3, pad=same)", (2, 4, 6), (3, 4, 6), "augmentation = [flip]"),
    "sequence": ("[T, 5]", "dense(3)", (7, 5), (7, 3), ""),
    "row": ("[5]", "dense(3)", (5,), (3,), ""),
}


@pytest.mark.filterwarnings("ignore:the best epoch is chosen by")
@pytest.mark.quick(2)
@pytest.mark.parametrize("case", CASES)
def test_a_weight_of_a_row_is_that_of_its_positions(case: str, tmp_path: Path) -> None:
    declared, layer, shape, answer, augmentation = CASES[case]
    text = TEXT.replace("SHAPE", declared).replace("LAYER", layer).replace("AUGMENTATION", augmentation)
    net = netc.loads(text.replace("; }", " }"))
    rng = np.random.default_rng(1)
    data = {"x": rng.normal(size=(8, *shape)).astype("f"), "t": rng.normal(size=(8, *answer)).astype("f")}
    rows = rng.random(8).astype("f")
    positions = answer[:-1] if case == "sequence" else answer[1:]
    each = np.broadcast_to(rows.reshape(8, *(1 for _ in positions)), (8, *positions)).copy()

    def results(weights: np.ndarray) -> list[Any]:
        trainer = netc.Trainer(netc.Model(net, device="cpu", seed=1))
        np.savez(tmp_path / "rows.npz", **data, w=weights)
        histories = [trainer.fit(data | {"w": weights}, epochs=1, quiet=True),
                     trainer.fit(str(tmp_path / "rows.npz"), epochs=2, quiet=True)]  # fmt: skip
        return [
            trainer.step(data | {"w": weights}),
            *(str(dict(history[-1]) | {"seconds": 0}) for history in histories),
        ]

    assert results(rows) == results(each)


def trainer_and_data() -> tuple[netc.Trainer, dict[str, Any]]:
    declared, layer, shape, answer, _ = CASES["map"]
    text = TEXT.replace("SHAPE", declared).replace("LAYER", layer).replace("; AUGMENTATION", "")
    trainer = netc.Trainer(netc.Model(netc.loads(text), device="cpu"))
    return trainer, {"x": np.zeros((8, *shape), "f"), "t": np.zeros((8, *answer), "f")}


def test_other_weights_are_refused() -> None:
    trainer, data = trainer_and_data()
    with pytest.raises(DiagnosticError, match="`w` has shape"):
        trainer.step(data | {"w": np.ones((8, 4), "f")})


@pytest.mark.parametrize("count", [0, 1, 7, 9])
def test_a_weight_for_each_example_and_no_other_number_of_them(count: int) -> None:
    trainer, data = trainer_and_data()
    for given in (trainer.step, lambda rows: trainer.fit(rows, epochs=1, quiet=True), trainer.evaluate):
        with pytest.raises(DiagnosticError, match=rf"E556.*`w` has {count} on axis 0, where `x` has 8"):
            given(data | {"w": np.ones(count, "f")})
