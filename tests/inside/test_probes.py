"""Terms and gradients of inner values, against PyTorch's autograd on the same numbers in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as nn

import netc
from netc.compiler import Along, Energy, Likeness, Textures
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.inside.probing import Probe

NET = """
net Small {
  input image: 3x8x8
  first = conv(4, 3x3, pad=same)
  batchnorm
  woken = relu
  maxpool(2x2)
  second = conv(5, 3x3, pad=same, act=tanh)
  global_avgpool
  scores = dense(6)
}
"""
WIDE = (12, 10)


@pytest.fixture(scope="module")
def model() -> netc.Model:
    made = netc.Model(netc.loads(NET), device="cpu", seed=3)
    random = np.random.default_rng(0)
    drawn = {name: random.normal(0, 0.4, made.weights.get(name).shape).astype(np.float32)
             for name in (parameter.name for parameter in made.net.parameters)}  # fmt: skip
    for name in drawn:
        if name.endswith("running_var"):
            drawn[name] = np.abs(drawn[name]) + 0.5
    made.load_state_dict(drawn)
    return made


def twin(model: netc.Model, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """The net once more, in PyTorch's functions; inner values keep their gradients."""
    w = {p.name: torch.tensor(model.weights.get(p.name), dtype=torch.float64) for p in model.net.parameters}
    norm = next(name for name in w if name.endswith("running_mean")).rpartition(".")[0]
    first = nn.conv2d(x, w["first.weight"], w["first.bias"], padding=1)
    first.retain_grad()
    normal = nn.batch_norm(
        first, w[f"{norm}.running_mean"], w[f"{norm}.running_var"], w[f"{norm}.weight"], w[f"{norm}.bias"]
    )
    woken = torch.relu(normal)
    woken.retain_grad()
    second = torch.tanh(nn.conv2d(nn.max_pool2d(woken, 2), w["second.weight"], w["second.bias"], padding=1))
    scores = nn.linear(second.mean((2, 3)), w["scores.weight"], w["scores.bias"])
    return {"first": first, "woken": woken, "second": second, "scores": scores}


def pictures(size: tuple[int, int] = (8, 8), count: int = 2) -> np.ndarray[Any, Any]:
    return np.random.default_rng(1).normal(0, 1, (count, 3, *size)).astype(np.float32)


def as_leaf(x: np.ndarray[Any, Any]) -> torch.Tensor:
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def near(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=2e-5, atol=2e-6)


def gram(x: torch.Tensor) -> torch.Tensor:
    rows = x.flatten(2)
    return rows @ rows.transpose(1, 2) / rows[0].numel()


def test_a_class_and_its_gradients_for_the_input_and_inner_maps(model: netc.Model) -> None:
    x = pictures()
    direction = np.eye(6, dtype=np.float32)[[4, 1]]
    probe = Probe(model, [Along("scores")], ["image", "woken", "first"], ["second"])
    answer = probe({"image": x}, {"scores.direction": direction})
    leaf = as_leaf(x)
    values = twin(model, leaf)
    loss = (values["scores"] * torch.tensor(direction)).sum()
    loss.backward()
    near(answer.loss, loss.detach())
    near(answer.gradients["image"], leaf.grad)
    near(answer.gradients["woken"], values["woken"].grad)
    near(answer.gradients["first"], values["first"].grad)
    near(answer.taps["second"], values["second"].detach())


def test_every_term_and_their_weighed_sum_at_another_size(model: netc.Model) -> None:
    x, other = pictures(WIDE), pictures(WIDE)[::-1] * 0.7
    found = twin(model, as_leaf(other))
    goal, texture = found["second"].detach(), gram(found["first"]).detach()
    terms = [Energy("woken", 0.5), Likeness("second", 2.0), Textures("first", 3.0), Along("first", 0.1)]
    direction = np.random.default_rng(2).normal(size=(2, 4, *WIDE)).astype(np.float32)
    goals = {"second.goal": goal.numpy().astype(np.float32), "first.texture": texture.numpy().astype(np.float32),
             "first.direction": direction}  # fmt: skip
    answer = Probe(model, terms, ["image"], sizes={"image": WIDE})({"image": x}, goals)
    leaf = as_leaf(x)
    values = twin(model, leaf)
    expected = [
        (values["woken"] ** 2).mean((1, 2, 3)).sum(),
        (((values["second"] - goal) ** 2).sum((1, 2, 3)) / (goal**2).sum((1, 2, 3))).sum(),
        (((gram(values["first"]) - texture) ** 2).sum((1, 2)) / (texture**2).sum((1, 2))).sum(),
        (values["first"] * torch.tensor(direction)).sum(),
    ]
    loss = 0.5 * expected[0] + 2 * expected[1] + 3 * expected[2] + 0.1 * expected[3]
    loss.backward()
    near(answer.terms, torch.stack(expected).detach())
    near(answer.loss, loss.detach())
    near(answer.gradients["image"], leaf.grad)


def test_examples_do_not_see_each_other(model: netc.Model) -> None:
    x = pictures()
    probe = Probe(model, [Energy("second")], ["image"])
    both = probe({"image": x}).gradients["image"]
    near(both[:1], probe({"image": x[:1]}).gradients["image"])


def test_paths_and_sizes_that_do_not_work(model: netc.Model) -> None:
    with pytest.raises(DiagnosticError) as unknown:
        Probe(model, [Energy("third")], ["image"])
    assert unknown.value.diagnostics[0].code == "E280"
    flat = netc.Model(
        netc.loads("net F { input image: 1x8x8; conv(2, 3x3); flatten; scores = dense(3) }"), device="cpu"
    )
    with pytest.raises(DiagnosticError) as fixed:
        Probe(flat, [Along("scores")], ["image"], sizes={"image": (16, 16)})
    assert fixed.value.diagnostics[0].code == "E281"
    assert "flatten1" in fixed.value.diagnostics[0].message
