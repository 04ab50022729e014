"""Negative indices count from the end: what is read there, and where its gradient goes, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import netc

torch = pytest.importorskip("torch")

INDEX = np.array([[0, 1, -1], [2, 0, -4], [-1, -1, 3]])


def test_gather_of_each_example() -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    text = "net A { input x: [4, 2], i: int [3]; y = (x -> gather(i)) * parameter([1], value=1) }"
    net = netc.loads(f"{text}\ntrain A {{ loss = mse(y, 0) }}")
    _, found = netc.Model(net, device="cpu", seed=0).gradients({"x": x, "i": INDEX})
    given = torch.tensor(x, requires_grad=True)
    torch.stack([rows[torch.tensor(at)] for rows, at in zip(given, INDEX, strict=True)]).pow(2).mean().backward()
    np.testing.assert_allclose(found["x"], given.grad.numpy(), rtol=1e-5)


def test_a_row_without_a_gradient_under_its_negative_number() -> None:
    text = "net A { input i: int [3]; y = i - 4 -> embedding(4, 2, padding=3) }"
    model = netc.Model(
        netc.loads(f"{text}\ntrain A {{ loss = mse(y, 1); optimizer = sgd(lr=1) }}"), device="cpu", seed=0
    )
    (before,) = [weight.copy() for weight in model.state_dict().values()]
    netc.Trainer(model).step({"i": INDEX % 4})
    (after,) = model.state_dict().values()
    assert (after[:3] != before[:3]).all()
    np.testing.assert_array_equal(after[3], 0.0)
