"""Twenty steps of every optimizer in ONNX Runtime against PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.ir import DType, Value
from netc.compiler.optimizers.base import optimizer

torch = pytest.importorskip("torch")

CASES = [
    ("sgd", {"lr": 0.1}, torch.optim.SGD, {}),
    ("sgd", {"lr": 0.1, "weight_decay": 0.01}, torch.optim.SGD, {"weight_decay": 0.01}),
    ("sgd", {"lr": 0.1, "momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}),
    (
        "sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}, torch.optim.SGD,
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    ("adam", {}, torch.optim.Adam, {}),
    ("adam", {"weight_decay": 0.05}, torch.optim.Adam, {"weight_decay": 0.05}),
    ("adam", {"beta1": 0.5, "beta2": 0.99, "epsilon": 1e-3}, torch.optim.Adam, {"betas": (0.5, 0.99), "eps": 1e-3}),
    ("adam", {"beta1": 0.0}, torch.optim.Adam, {"betas": (0.0, 0.999)}),
    ("adamw", {}, torch.optim.AdamW, {}),
    ("adamw", {"weight_decay": 0.3}, torch.optim.AdamW, {"weight_decay": 0.3}),
]  # fmt: skip


@pytest.mark.parametrize(("word", "given", "reference", "settings"), CASES)
def test_twenty_steps(bench, word, given, reference, settings):
    rng = np.random.default_rng(0)
    instance = optimizer.all()[word](**given)
    shape = (5, 3)
    values = {name: bench.bare(name, *shape) for name in ("weight", "gradient", *instance.slots())}
    for name in ("rate", "time"):
        values[name] = Value(name, DType.FLOAT32, ())
        bench.graph.inputs.append(values[name])
    state = tuple(values[name] for name in instance.slots())
    new, next_state = instance.update(
        bench.g, values["weight"], values["gradient"], state, values["rate"], values["time"]
    )
    assert len(next_state) == len(instance.slots())
    outputs = {"weight": new, **dict(zip(instance.slots(), next_state, strict=True))}

    start = rng.normal(size=shape).astype(np.float32)
    weight = torch.nn.Parameter(torch.from_numpy(start.copy()))
    theirs = reference([weight], lr=instance.lr, **settings)
    held = {"weight": start, **{name: np.zeros(shape, np.float32) for name in instance.slots()}}
    for step in range(20):
        gradient = (rng.normal(size=shape) * 10.0 ** rng.integers(-4, 2, shape)).astype(np.float32)
        rate = instance.lr * (1 - step / 40)
        theirs.param_groups[0]["lr"] = rate
        weight.grad = torch.from_numpy(gradient)
        theirs.step()
        before = held["weight"]
        scalars = {"rate": np.array(rate, np.float32), "time": np.array(step + 1, np.float32)}
        held = bench.run(outputs, {**held, "gradient": gradient, **scalars})
        moved = np.abs(held["weight"] - before).max()
        np.testing.assert_allclose(held["weight"], weight.detach().numpy(), rtol=1e-6, atol=max(2e-6 * moved, 1e-7))


def test_bias_correction_is_exact_in_float32(bench):
    """1 - 0.999**t loses four digits when it is computed as it is written."""
    from netc.compiler.optimizers.adam import one_minus_power

    time = Value("time", DType.FLOAT32, ())
    bench.graph.inputs.append(time)
    y = one_minus_power(bench.g, 0.999, time)
    for t in (1, 2, 10, 1000, 100_000, 10_000_000):
        found = bench.run(y, {"time": np.array(t, np.float32)})
        assert found == pytest.approx(1 - 0.999**t, rel=1e-6)


def test_every_optimizer_has_a_case():
    assert {word for word, *_ in CASES} == set(optimizer.all())


def test_nesterov_without_momentum_is_a_finding():
    from netc.compiler import check

    source = """net A {
  input x: [4]
  y = dense(2)
}

train A {
  loss      = cross_entropy(y, label)
  optimizer = sgd(lr=0.1, nesterov=true)
}
"""
    (finding,) = check("a.net", source).diagnostics
    assert (finding.code, finding.message) == ("E224", "`nesterov` of `sgd` needs a momentum")
    assert finding.primary is not None
    assert (finding.primary.span.line, finding.primary.span.column) == (8, 27)
