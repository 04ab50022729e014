"""Batches of another size than the plan's: one that comes twice in a row gets a session that knows its size."""

from __future__ import annotations

import json

import numpy as np
import pytest

import netc
from netc.runtime.folder.progress import Progress

TEXT = """
net A { input x: 2x8x8
  conv(6, 3) -> relu -> maxpool(2) -> dropout(0.2) -> flatten
  y = dense(3)
}
train A { LOSS; optimizer = adam(lr=1e-2); batch = 16; SETTINGS }
"""
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 2, 8, 8)).astype(np.float32)
LABEL = rng.integers(0, 3, 200)


def trainer(settings: str = "epochs = 1", loss: str = "loss = cross_entropy(y, label)") -> netc.Trainer:
    text = TEXT.replace("SETTINGS", settings).replace("LOSS;", f"{loss};" if loss else "")
    return netc.Trainer(netc.Model(netc.loads(text), device="cpu", seed=4))


def batches(*sizes: int) -> list[dict[str, np.ndarray]]:
    """One after the other, from the same rows."""
    return [{"x": X[:size], "label": LABEL[:size]} for size in sizes]


def known(of: netc.Trainer) -> set[int | None]:
    return set(of._steps._sessions)


@pytest.mark.quick(3)
@pytest.mark.parametrize(
    ("sizes", "found"),
    [
        ([16, 16, 9], {16, None}),  # an epoch and its rest
        ([16, 16, 9, 16, 16, 9], {16, None}),
        ([12, 12, 12], {12}),
        ([12], {None}),
        ([12, 12, 5, 12, 12, 5], {12, None}),
        ([12, 12, 13, 13, 14, 14, 15, 15, 12], {12, 13, None}),  # each holds a step's memory: no more than two
    ],
)
def test_which_sizes_have_a_session_of_their_own(sizes: list[int], found: set[int | None]) -> None:
    one = trainer()
    for batch in batches(*sizes):
        one.step(batch)
    assert known(one) == found


def test_the_steps_are_those_of_the_open_session() -> None:
    """Another graph of the same function: masks are the same bits, sums may be of another order."""
    own, open_ = trainer(), trainer()
    for batch in batches(12, 12, 12, 12):
        found = own.step(batch)["loss"]
        open_.progress.last = 0
        assert found == pytest.approx(open_.step(batch)["loss"], rel=1e-5)
    assert (known(own), known(open_)) == ({12}, {None})
    for name, array in open_.checkpoint().items():
        np.testing.assert_allclose(own.checkpoint()[name], array, rtol=1e-3, atol=1e-5, err_msg=name)


def test_batches_of_an_update_count_as_batches() -> None:
    one = trainer("accumulate = 2; epochs = 2")
    one.fit(batches(12, 12, 12, 12, 5), quiet=True)
    assert known(one) == {12, None}
    two = trainer("accumulate = 2; epochs = 2")
    two.fit({"x": X[:43], "label": LABEL[:43]}, quiet=True)  # 16 and 16, then 11
    assert known(two) == {16, None}


def test_steps_of_a_plan_see_a_batch_once() -> None:
    one = trainer("step a { loss = cross_entropy(y, label) }; step b { loss = mean(y * y) }", loss="")
    assert len(one.plan.steps) == 2
    for batch in batches(16, 9, 16, 9):
        one.step(batch)
    assert [set(steps._sessions) for steps in one._all_steps] == [{16, None}, {16, None}]
    for batch in batches(9, 9):
        one.step(batch)
    assert [set(steps._sessions) for steps in one._all_steps] == [{16, 9}, {16, 9}]


def test_a_resumed_training_takes_the_same_sessions() -> None:
    """Where a batch was one of two, a checkpoint keeps so: the same bits in the end."""
    whole, first, again = trainer(), trainer(), trainer()
    for batch in batches(12, 12, 7, 12):
        whole.step(batch)
    for batch in batches(12, 12, 7):
        first.step(batch)
    again.restore(first.checkpoint(), Progress.from_json(json.loads(json.dumps(first.progress.to_json()))))
    again.step(*batches(12))
    assert known(again) == {12}
    for name, array in whole.checkpoint().items():
        assert again.checkpoint()[name].tobytes() == array.tobytes(), name
