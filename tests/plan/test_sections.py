"""Train sections of several steps, frozen parts, rates and decays by pattern, followers: as text, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

import netc
from netc.compiler import compile_training, totals
from netc.compiler.net import Net
from netc.grammar.diagnostics import DiagnosticError

Arrays = dict[str, np.ndarray[Any, Any]]


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str], Net]:
    def load(text: str) -> Net:
        path = tmp_path / "net.net"
        path.write_text(text)
        return netc.load(path)

    return load


def refused(load: Callable[[str], Net], text: str) -> list[tuple[str, str, int]]:
    with pytest.raises(DiagnosticError) as caught:
        load(text)
    return [(found.code, found.message, found.primary.span.line) for found in caught.value.diagnostics if found.primary]


def tensors_of(model: netc.Model) -> dict[str, Any]:
    return {name: torch.tensor(array).requires_grad_() for name, array in model.state_dict().items()}


def close(found: Arrays, expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value.detach().numpy(), rtol=2e-5, atol=2e-6, err_msg=name)


def batches(count: int) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal((5, 4)).astype(np.float32) for _ in range(count)]


GAN = """net Pair {
  input x: 4
  fake = x -> dense(3, act=tanh)
  score = fake -> dense(1)
  output score, fake
}
train Pair {
  optimizer = adam(lr=0.02)
  batch = 5
  step critic { trains = ["score"]; loss = mse(score, 0); optimizer = sgd(lr=0.1, momentum=0.9) }
  step maker { trains = ["fake"]; loss = mse(score, 1); every = 2 }
}
"""


def test_steps_in_turn(loaded: Callable[[str], Net]) -> None:
    """The maker moves on every second batch, and counts its own steps."""
    net = loaded(GAN)
    model = netc.Model(net, device="cpu", seed=2)
    trainer = netc.Trainer(model)
    theirs = tensors_of(model)
    critic = torch.optim.SGD([theirs["score.weight"], theirs["score.bias"]], lr=0.1, momentum=0.9)
    maker = torch.optim.Adam([theirs["fake.weight"], theirs["fake.bias"]], lr=0.02)

    def score(x: Any) -> Any:
        fake = torch.tanh(torch.tensor(x) @ theirs["fake.weight"].T + theirs["fake.bias"])
        return fake @ theirs["score.weight"].T + theirs["score.bias"]

    for number, x in enumerate(batches(5)):
        came = trainer.step({"x": x})
        for optimizer, goal, name in ((critic, 0.0, "critic"), (maker, 1.0, "maker")):
            if name == "maker" and number % 2:
                assert set(came) == {"loss.critic"}
                continue
            value = ((score(x) - goal) ** 2).mean()
            assert came[f"loss.{name}"] == pytest.approx(value.item(), rel=1e-5)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        close(model.state_dict(), theirs)


def test_an_epoch_averages_each_loss_over_the_batches_that_had_it(loaded: Callable[[str], Net]) -> None:
    trainer = netc.Trainer(netc.Model(loaded(GAN), device="cpu"))
    (record,) = trainer.fit({"x": np.concatenate(batches(3))}, epochs=1, quiet=True)
    assert record["loss"] == pytest.approx(record["loss.critic"] + record["loss.maker"], rel=0.5)
    assert trainer.progress.epoch == 1


FROZEN = """net Frozen {
  input image: 2x4x4
  frozen { body = conv(3, 3x3) -> batchnorm -> relu }
  scores = flatten -> dense(2)
}
train Frozen { loss = cross_entropy(scores, label); optimizer = sgd(lr=0.5, momentum=0.9); batch = 4 }
"""


def test_what_is_frozen_stays_and_has_no_state(loaded: Callable[[str], Net]) -> None:
    net = loaded(FROZEN)
    model = netc.Model(net, device="cpu")
    before = {name: array.copy() for name, array in model.state_dict().items()}
    trainer = netc.Trainer(model)
    rng = np.random.default_rng(1)
    trainer.step({"image": rng.normal(size=(4, 2, 4, 4)).astype(np.float32), "label": np.array([0, 1, 1, 0])})
    changed = {name for name, array in model.state_dict().items() if not np.array_equal(array, before[name])}
    assert changed == {"scores.dense1.weight", "scores.dense1.bias"}
    states = [port["name"] for port in trainer.manifest["inputs"] if port["role"] == "state"]
    assert states == ["scores.dense1.weight.momentum", "scores.dense1.bias.momentum"]
    assert totals(net).frozen == 3 * 2 * 9 + 3 + 6


def test_nothing_below_is_pulled_back_through(loaded: Callable[[str], Net]) -> None:
    frozen, free = (
        onnx.load_from_string(compile_training(loaded(text)).model).graph.node
        for text in (FROZEN, FROZEN.replace("frozen {", "chain = {"))
    )
    assert len(frozen) < 0.7 * len(free)


CNN = """net Cnn {
  input x: 4
  stem = dense(4, act=tanh)
  body = dense(4, act=tanh)
  head = dense(2)
}
train Cnn { loss = mse(head, t); batch = 5; %s }
"""


def grown(net: Net, steps: int = 3) -> tuple[Arrays, dict[str, Any], Any]:
    """Our weights after some steps, theirs before, and the forward pass in PyTorch."""
    model = netc.Model(net, device="cpu", seed=3)
    theirs = tensors_of(model)
    trainer = netc.Trainer(model)
    for x in batches(steps):
        trainer.step({"x": x, "t": x[:, :2]})

    def loss(x: Any) -> Any:
        for name in ("stem", "body"):
            x = torch.tanh(x @ theirs[f"{name}.weight"].T + theirs[f"{name}.bias"])
        return x @ theirs["head.weight"].T + theirs["head.bias"]

    return model.state_dict(), theirs, loss


def pytorchs(theirs: dict[str, Any], forward: Any, optimizer: Any, clip: float | None = None, steps: int = 3) -> None:
    for x in batches(steps):
        optimizer.zero_grad()
        ((forward(torch.tensor(x)) - torch.tensor(x[:, :2])) ** 2).mean().backward()
        if clip is not None:
            torch.nn.utils.clip_grad_value_(list(theirs.values()), clip)
        optimizer.step()


def test_rates_by_pattern_are_parameter_groups(loaded: Callable[[str], Net]) -> None:
    net = loaded(CNN % 'optimizer = adam(lr=0.05); rates = ["stem.bias": 3, "stem..body": 0.1]')
    found, theirs, forward = grown(net)
    rates = {"stem.weight": 0.1, "stem.bias": 3, "body.weight": 0.1, "body.bias": 0.1}
    groups = [{"params": [value], "lr": 0.05 * rates.get(name, 1)} for name, value in theirs.items()]
    pytorchs(theirs, forward, torch.optim.Adam(groups))
    close(found, theirs)


@pytest.mark.parametrize("decays", ["kernels", '["*.weight"]'])
def test_weight_decay_leaves_biases_alone(loaded: Callable[[str], Net], decays: str) -> None:
    net = loaded(CNN % f"optimizer = adamw(lr=0.05, weight_decay=0.5); decays = {decays}")
    found, theirs, forward = grown(net)
    groups = [
        {"params": [value], "weight_decay": 0.5 if name.endswith("weight") else 0.0} for name, value in theirs.items()
    ]
    pytorchs(theirs, forward, torch.optim.AdamW(groups, lr=0.05))
    close(found, theirs)


def test_elements_of_gradients_are_clipped(loaded: Callable[[str], Net]) -> None:
    found, theirs, forward = grown(loaded(CNN % "optimizer = sgd(lr=0.5); clip_value = 0.05"))
    pytorchs(theirs, forward, torch.optim.SGD(list(theirs.values()), lr=0.5), clip=0.05)
    close(found, theirs)


def test_freeze_takes_a_range(loaded: Callable[[str], Net]) -> None:
    found, theirs, _ = grown(loaded(CNN % 'optimizer = sgd(lr=0.5); freeze = ["stem..body"]'))
    stay = {name for name, value in theirs.items() if np.array_equal(found[name], value.detach().numpy())}
    assert stay == {"stem.weight", "stem.bias", "body.weight", "body.bias"}


FOLLOW = """block q() { dense(3, act=tanh) -> dense(2) }
net Q {
  input x: 4
  online = x -> q()
  target = x -> q()
  output online, target
}
train Q {
  loss = mse(online, target)
  optimizer = sgd(lr=0.1)
  follow = ["target": %s]
  batch = 5
}
"""


def test_a_target_network_is_copied_every_third_step(loaded: Callable[[str], Net]) -> None:
    model = netc.Model(loaded(FOLLOW % 'copy("online", every=3)'), device="cpu")
    trainer = netc.Trainer(model)
    first = model.state_dict()
    np.testing.assert_array_equal(first["target.dense1.weight"], first["online.dense1.weight"])
    rng = np.random.default_rng(0)
    model.load_state_dict({"online.dense2.bias": np.ones(2, np.float32)}, strict=False)
    for step in range(1, 7):
        before = {name: array.copy() for name, array in model.state_dict().items()}
        trainer.step({"x": rng.normal(size=(5, 4)).astype(np.float32)})
        after = model.state_dict()
        expected = after["online.dense1.weight"] if step % 3 == 0 else before["target.dense1.weight"]
        np.testing.assert_array_equal(after["target.dense1.weight"], expected)


def test_an_average_follows(loaded: Callable[[str], Net]) -> None:
    model = netc.Model(loaded(FOLLOW % 'average("online", decay=0.75)'), device="cpu")
    trainer = netc.Trainer(model)
    model.load_state_dict({"online.dense2.bias": np.ones(2, np.float32)}, strict=False)
    before = {name: array.copy() for name, array in model.state_dict().items()}
    trainer.step({"x": np.ones((5, 4), np.float32)})
    after = model.state_dict()
    for leaf in ("dense1.weight", "dense2.bias"):
        expected = 0.75 * before[f"target.{leaf}"] + 0.25 * after[f"online.{leaf}"]
        np.testing.assert_allclose(after[f"target.{leaf}"], expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        ('freeze = ["stam"]', "E415", "`freeze` names `stam`, and nothing that can move is called so"),
        ('freeze = ["stem..haed"]', "E415", "`freeze` names `stem..haed`, and nothing that can move is called so"),
        ('rates = ["bodie": 2]', "E415", "`rates` names `bodie`, and nothing that can move is called so"),
        ('rates = ["body": -1]', "E406", "`rates` of `body` is a number of at least 0, found -1"),
        ("rates = 3", "E406", "`rates` is a table"),
        ("decays = kernels", "E416", "`sgd` has no weight decay here"),
        ('trains = ["had"]', "E415", "`trains` names `had`, and nothing that can move is called so"),
        ("every = 2", "E406", "`every` belongs into a `step`"),
        ('follow = ["head": copy("body")]', "E415", "`head` can't follow `body`: `bias` is not the same in both"),
        ('follow = ["head": copies("body")]', "E407", "no follower is called `copies`"),
        ("step a { epochs = 3; loss = mse(head, t) }", "E404", "a step has no setting `epochs`"),
        ("step a { optimizer = adam }", "E402", "the step `a` has no loss"),
        ("step a { loss = mse(head, t) }; step a { loss = mse(head, t) }", "E405", "two steps are called `a`"),
    ],
)
def test_what_does_not_fit_is_told_at_its_line(loaded: Any, lines: str, code: str, message: str) -> None:
    text = CNN % f"\n  {lines}\n"
    if "step" in lines.split()[:1]:
        text = text.replace("loss = mse(head, t); ", "", 1)
    found = refused(loaded, text)
    assert [(one[0], one[1]) for one in found] == [(code, message)]
    assert found[0][2] == 8
