"""An index that a table doesn't have is a mistake in the data, and told as one."""

from __future__ import annotations

import numpy as np
import pytest

import netc
from netc.grammar.diagnostics import DiagnosticError

TEXT = """
net A { input words: int [2]
  table = embedding(4, 3)
  logits = mean(axis=0) -> dense(3)
}
train A { loss = cross_entropy(logits, label); batch = 4 }
"""


def test_a_word_past_the_end_of_an_embedding() -> None:
    words, label = np.array([[0, 1], [4, 2], [3, 3]] * 4), np.arange(12) % 3
    model = netc.Model(netc.loads(TEXT), device="cpu")
    for run in (
        lambda: model({"words": words}),
        lambda: netc.Trainer(model).fit({"words": words, "label": label}, epochs=1, quiet=True),
    ):
        with pytest.raises(DiagnosticError, match="`table` is asked for number 4, and has 0 to 3") as caught:
            run()
        assert caught.value.diagnostics[0].code == "E558"


def test_a_place_past_the_end_of_each_example() -> None:
    net = netc.loads("net A { input x: [3, 2], place: int [1]\n y = x -> gather(place) }")
    model = netc.Model(net, device="cpu")
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    np.testing.assert_array_equal(model({"x": x, "place": np.array([[0], [2]])}), x[[0, 1], [0, 2]][:, None])
    with pytest.raises(DiagnosticError, match="is asked for number 3, which it doesn't have"):
        model({"x": x, "place": np.array([[0], [3]])})
