"""Weight and spectral normalization in training, beside PyTorch's parametrizations over several steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netc import Model, Trainer
from netc.compiler.check import check
from netc.compiler.net import Net
from netc.compiler.weights.draw import initial_weights

torch = pytest.importorskip("torch")

RATE = 0.05
TEXT = """
net Small {{
  input x: 2x6x5
  c = {norm}(conv(3, 3x2, stride=2)) -> tanh
  y = flatten -> {norm}(dense(4))
}}
train Small {{ loss = mse(y, t); optimizer = sgd(lr={rate}); batch = 4 }}
"""


def net_of(norm: str) -> Net:
    result = check("small.net", TEXT.format(norm=norm, rate=RATE))
    assert not result.diagnostics, result.diagnostics
    return result.nets[0]


def theirs(norm: str, weights: dict[str, Any]) -> Any:
    """The same network in PyTorch in float64, its weights and vectors set to ours."""
    wrap = getattr(torch.nn.utils.parametrizations, "weight_norm" if norm == "weightnorm" else "spectral_norm")
    conv, dense = torch.nn.Conv2d(2, 3, (3, 2), 2).double(), torch.nn.Linear(12, 4).double()
    for name, module in (("c.conv", conv), ("y.dense", dense)):
        wrap(module)
        own = {key.rpartition(".")[2]: torch.from_numpy(np.array(value, np.float64)) for key, value in weights.items()
               if key.startswith(name[0])}  # fmt: skip
        inner = module.parametrizations.weight
        module.bias.data = own["bias"]
        if norm == "weightnorm":
            inner.original0.data, inner.original1.data = own["weight_g"], own["weight_v"]
        else:
            inner.original.data = own["weight_orig"]
            inner[0]._u.data, inner[0]._v.data = own["weight_u"], own["weight_v"]
    return torch.nn.Sequential(conv, torch.nn.Tanh(), torch.nn.Flatten(), dense)


@pytest.mark.parametrize("norm", ["weightnorm", "spectralnorm"])
def test_steps_as_in_pytorch(norm: str) -> None:
    net, rng = net_of(norm), np.random.default_rng(3)
    model = Model(net, device="cpu")
    trainer = Trainer(model)
    module = theirs(norm, {name: np.asarray(value) for name, value in initial_weights(net).items()})
    optimizer = torch.optim.SGD(module.parameters(), RATE)
    for _ in range(4):
        x, t = rng.normal(size=(4, 2, 6, 5)).astype(np.float32), rng.normal(size=(4, 4)).astype(np.float32)
        found = trainer.step({"x": x, "t": t})
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(module(torch.from_numpy(x).double()), torch.from_numpy(t).double())
        loss.backward()
        optimizer.step()
        assert found["loss"] == pytest.approx(loss.item(), rel=2e-6)
    module.eval()
    x = rng.normal(size=(4, 2, 6, 5)).astype(np.float32)
    expected = module(torch.from_numpy(x).double()).detach().numpy()
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=2e-6)


def test_a_normalized_weight_starts_as_its_direction() -> None:
    weights = initial_weights(net_of("weightnorm"), 5)
    for layer in ("c.weightnorm1", "y.weightnorm1"):
        v = weights[f"{layer}.weight_v"]
        norms = np.sqrt((v.astype(np.float64) ** 2).reshape(len(v), -1).sum(1))
        np.testing.assert_allclose(weights[f"{layer}.weight_g"].ravel(), norms, rtol=1e-6)


def test_spectral_vectors_start_near_the_first_singular_ones() -> None:
    weights = initial_weights(net_of("spectralnorm"), 5)
    for layer in ("c.spectralnorm1", "y.spectralnorm1"):
        matrix = weights[f"{layer}.weight_orig"].reshape(len(weights[f"{layer}.bias"]), -1).astype(np.float64)
        found = weights[f"{layer}.weight_u"] @ matrix @ weights[f"{layer}.weight_v"]
        assert found == pytest.approx(np.linalg.svd(matrix, compute_uv=False)[0], rel=0.02)
