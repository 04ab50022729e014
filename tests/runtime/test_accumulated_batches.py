"""Updates of several batches that a caller gives: each is a batch of its own, whatever `batch` says."""

from __future__ import annotations

import numpy as np
import pytest

import netc

torch = pytest.importorskip("torch")
TEXT = """
net A { input x: 5
  dense(6, bias=false) -> batchnorm -> tanh
  y = dense(3)
}
train A { loss = cross_entropy(y, label); accumulate = 3; optimizer = sgd(lr=0.3); batch = __BATCH__ }
"""


@pytest.mark.quick(3)
@pytest.mark.parametrize("batch", [4, 8, 32])
@pytest.mark.parametrize("sizes", [[8, 8, 8, 8, 8, 8], [8, 5, 8, 2, 7]])
def test_batch_norm_sees_the_batches_that_came(sizes: list[int], batch: int) -> None:
    rng = np.random.default_rng(0)
    batches = [
        {"x": rng.normal(size=(rows, 5)).astype(np.float32), "label": rng.integers(0, 3, rows)} for rows in sizes
    ]
    model = netc.Model(netc.loads(TEXT.replace("__BATCH__", str(batch))), device="cpu", seed=1)
    given = {name: torch.tensor(array, dtype=torch.float64) for name, array in model.state_dict().items()}
    netc.Trainer(model).fit(batches, epochs=1, quiet=True)
    network = torch.nn.Sequential(
        torch.nn.Linear(5, 6, bias=False), torch.nn.BatchNorm1d(6), torch.nn.Tanh(), torch.nn.Linear(6, 3)
    ).double()
    names = ["dense1.weight", "batchnorm1.weight", "batchnorm1.bias", "y.weight", "y.bias"]
    with torch.no_grad():
        for parameter, name in zip(network.parameters(), names, strict=True):
            parameter.copy_(given[name])
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    for first in range(0, len(batches), 3):
        update = batches[first : first + 3]
        rows = sum(len(one["label"]) for one in update)
        optimizer.zero_grad()
        for one in update:
            scores = network(torch.tensor(one["x"], dtype=torch.float64))
            (torch.nn.functional.cross_entropy(scores, torch.tensor(one["label"]), reduction="sum") / rows).backward()
        optimizer.step()
    found = model.state_dict()
    for parameter, name in zip(network.parameters(), names, strict=True):
        np.testing.assert_allclose(found[name], parameter.detach().numpy(), rtol=2e-5, atol=2e-6, err_msg=name)
    np.testing.assert_allclose(found["batchnorm1.running_mean"], network[1].running_mean.numpy(), rtol=1e-4, atol=1e-6)
