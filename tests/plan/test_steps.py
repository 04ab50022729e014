"""Plans of several steps, frozen parts, inputs that move, targets that are values: PyTorch does the same by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import netc
from netc.compiler import compile_training
from netc.compiler.losses.base import loss
from netc.compiler.net import Net
from netc.compiler.optimizers.adam import Adam
from netc.compiler.optimizers.sgd import SGD
from netc.compiler.plan.terms import LossTerm
from netc.compiler.plan.train_plan import StepPlan, TrainPlan
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.devices.device import CPU
from netc.runtime.sessions.session import Session

Arrays = dict[str, np.ndarray[Any, Any]]
Tensors = dict[str, torch.Tensor]


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[[str], Net]:
    def load(text: str) -> Net:
        path = tmp_path / "net.net"
        path.write_text(text)
        return netc.load(path)

    return load


def mse(net: Net, prediction: str, target: Any, name: str = "mse") -> LossTerm:
    return LossTerm(name, 1.0, loss.all()["mse"](), (net.values[prediction], target), net.span)


def tensors_of(model: netc.Model) -> Tensors:
    return {name: torch.tensor(array) for name, array in model.state_dict().items()}


def close(found: Arrays, expected: Tensors) -> None:
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value.detach().numpy(), rtol=2e-5, atol=2e-6, err_msg=name)


# ------------------------------------------------------------ several steps
PAIR = """net Pair {
  input x: 4
  fake = x -> dense(3, act=tanh)
  score = fake -> dense(1)
  output score, fake
}"""


def in_turn(net: Net) -> TrainPlan:
    """One step trains the score towards 0, the other what is scored towards 1."""
    critic = StepPlan((mse(net, "score", 0.0),), SGD(lr=0.1, momentum=0.9), name="critic", trains=("score",))
    maker = StepPlan((mse(net, "score", 1.0),), Adam(lr=0.02), name="maker", trains=("fake",))
    return TrainPlan(None, (critic, maker), batch=5)


def test_steps_in_turn_are_those_of_pytorch(loaded: Callable[[str], Net]) -> None:
    net = loaded(PAIR)
    model = netc.Model(net, device="cpu", seed=2)
    trainer = netc.Trainer(model, in_turn(net))
    theirs = {name: value.requires_grad_() for name, value in tensors_of(model).items()}
    weight, bias, score, shift = (theirs[n] for n in ("fake.weight", "fake.bias", "score.weight", "score.bias"))
    critic = torch.optim.SGD([score, shift], lr=0.1, momentum=0.9)
    maker = torch.optim.Adam([weight, bias], lr=0.02)
    rng = np.random.default_rng(0)
    for _ in range(4):
        x = rng.standard_normal((5, 4)).astype(np.float32)
        came = trainer.step({"x": x})
        for name, optimizer, goal in (("critic", critic, 0.0), ("maker", maker, 1.0)):
            optimizer.zero_grad()
            answer = torch.tanh(torch.tensor(x) @ weight.T + bias) @ score.T + shift
            value = ((answer - goal) ** 2).mean()
            value.backward()
            optimizer.step()
            assert came[f"loss.{name}"] == pytest.approx(value.item(), rel=1e-5)
        assert came["loss"] == pytest.approx(came["loss.critic"] + came["loss.maker"])
    close(model.state_dict(), theirs)
    assert {name for name in trainer.checkpoint() if name.startswith("critic.")} == {
        "critic.score.weight.momentum", "critic.score.bias.momentum",
    }  # fmt: skip


def test_a_run_of_several_steps_resumes_to_the_same_bits(loaded: Callable[[str], Net], tmp_path: Path) -> None:
    net = loaded(PAIR)
    data = {"x": np.random.default_rng(1).standard_normal((20, 4)).astype(np.float32)}

    def trainer() -> netc.Trainer:
        return netc.Trainer(netc.Model(net, device="cpu"), in_turn(net))

    whole = trainer()
    history = whole.fit(data, epochs=2)
    assert {"loss", "loss.critic", "loss.maker"} <= history[0].keys()
    assert history[0]["learning_rate"] == 0.1
    trainer().fit(data, epochs=1, out=tmp_path / "run")
    second = trainer()
    second.resume(tmp_path / "run")
    second.fit(data, epochs=2)
    for name, array in whole.checkpoint().items():
        assert np.array_equal(array, second.checkpoint()[name]), name


def test_each_step_has_a_manifest_of_its_own(loaded: Callable[[str], Net]) -> None:
    net = loaded(PAIR)
    first, second = (compile_training(net, in_turn(net), step=name).manifest for name in ("critic", "maker"))
    assert (first["settings"]["step"], second["settings"]["step"]) == ("critic", "maker")
    assert [step["name"] for step in first["settings"]["steps"]] == ["critic", "maker"]
    moved = [{port["of"] for port in m["outputs"] if port["role"] == "param"} for m in (first, second)]
    assert moved == [{"score.weight", "score.bias"}, {"fake.weight", "fake.bias"}]
    trainable = {port["name"] for port in first["inputs"] if port.get("trainable")}
    assert trainable == moved[0]


# ------------------------------------------------------------ frozen parts
FROZEN = """net Frozen {
  input x: [2, 3, 3]
  stem = conv(2, 3x3, pad=same) -> batchnorm -> relu
  flatten
  logits = dense(2)
}
train Frozen { loss = mse(logits, goal) }"""


def test_what_is_frozen_stays_and_its_batch_norm_is_that_of_inference(loaded: Callable[[str], Net]) -> None:
    net = loaded(FROZEN)
    plan = replace(net.plan().with_steps(optimizer=SGD(lr=0.1)), freeze=("stem",), batch=6)
    model = netc.Model(net, device="cpu", seed=1)
    rng = np.random.default_rng(0)
    about = {"stem.batchnorm1.running_mean": [0.3, -0.2], "stem.batchnorm1.running_var": [0.5, 2.0]}
    model.load_state_dict(model.state_dict() | {name: np.array(v, np.float32) for name, v in about.items()})
    theirs = tensors_of(model)
    trained = [theirs[name].requires_grad_() for name in ("logits.weight", "logits.bias")]
    artifact = compile_training(net, plan)
    assert {port["of"] for port in artifact.manifest["outputs"] if port["role"] == "param"} == {
        "logits.weight", "logits.bias",
    }  # fmt: skip
    x = rng.standard_normal((6, 2, 3, 3)).astype(np.float32)
    goal = rng.standard_normal((6, 2)).astype(np.float32)
    netc.Trainer(model, plan).step({"x": x, "goal": goal})
    y = torch.nn.functional.conv2d(torch.tensor(x), theirs["stem.conv1.weight"], theirs["stem.conv1.bias"], padding=1)
    y = torch.nn.functional.batch_norm(
        y, *(theirs[f"stem.batchnorm1.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")),
        training=False, eps=1e-5,
    )  # fmt: skip
    value = ((torch.relu(y).flatten(1) @ trained[0].T + trained[1] - torch.tensor(goal)) ** 2).mean()
    value.backward()
    with torch.no_grad():
        for tensor in trained:
            assert tensor.grad is not None
            tensor -= 0.1 * tensor.grad
    close(model.state_dict(), theirs)


def test_a_frozen_part_below_everything_that_trains_has_no_backward_pass(loaded: Callable[[str], Net]) -> None:
    net = loaded(FROZEN)
    whole, frozen = (compile_training(net, replace(net.plan(), freeze=freeze)) for freeze in ((), ("stem",)))
    assert frozen.nodes < whole.nodes / 2


@pytest.mark.parametrize(("setting", "help"), [("freeze", "use `stem`"), ("trains", "use `logits`")])
def test_a_pattern_that_names_nothing_is_refused(loaded: Callable[[str], Net], setting: str, help: str) -> None:
    net = loaded(FROZEN)
    plan = replace(net.plan(), freeze=("stm",)) if setting == "freeze" else net.plan().with_steps(trains=("logit",))
    with pytest.raises(DiagnosticError) as refused:
        compile_training(net, plan)
    (finding,) = refused.value.diagnostics
    assert finding.code == "E415"
    assert finding.help == help


# ------------------------------------------------------------ inputs that move
def test_an_input_moves_where_it_is_named(loaded: Callable[[str], Net]) -> None:
    net = loaded("net Seen { input x: 6; logits = dense(3, act=tanh) }\ntrain Seen { loss = mse(logits, 1) }")
    plan = net.plan().with_steps(trains=("x",), optimizer=SGD(lr=0.5, momentum=0.9))
    artifact = compile_training(net, plan, batch=2)
    weights = netc.Model(net, device="cpu").state_dict()
    x = np.random.default_rng(0).standard_normal((2, 6)).astype(np.float32)
    feeds = {"x": x, "x.momentum": np.zeros_like(x), "learning_rate": np.array(0.5, np.float32), **weights}
    feeds |= {"seed": np.array(0), "step": np.array(0)}
    results = Session(artifact, CPU).run(feeds)
    image = torch.tensor(x, requires_grad=True)
    w, b = (torch.tensor(weights[f"logits.{leaf}"]) for leaf in ("weight", "bias"))
    ((torch.tanh(image @ w.T + b) - 1) ** 2).mean().backward()
    assert image.grad is not None
    close(results, {"x.next": image - 0.5 * image.grad})
    assert not [name for name in results if name.startswith("logits.")]


# ------------------------------------------------------------ targets that are values
def test_a_target_that_is_a_value_is_part_of_the_gradient(loaded: Callable[[str], Net]) -> None:
    net = loaded(
        "net Two { input x: 4; a = dense(3); b = x -> dense(3, act=tanh); output a, b }\n"
        "train Two { loss = mse(a, b); optimizer = sgd(lr=0.1); metrics = []; batch = 5 }"
    )
    model = netc.Model(net, device="cpu", seed=4)
    theirs = {name: value.requires_grad_() for name, value in tensors_of(model).items()}
    x = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    trainer = netc.Trainer(model)
    came = trainer.step({"x": x})
    a = torch.tensor(x) @ theirs["a.weight"].T + theirs["a.bias"]
    b = torch.tanh(torch.tensor(x) @ theirs["b.weight"].T + theirs["b.bias"])
    value = ((a - b) ** 2).mean()
    value.backward()
    assert came["loss"] == pytest.approx(value.item(), rel=1e-5)
    with torch.no_grad():
        for tensor in theirs.values():
            assert tensor.grad is not None
            tensor -= 0.1 * tensor.grad
    close(model.state_dict(), theirs)


AUTOENCODER = """net Auto {
  input image: 1x8x8
  flatten -> dense(8, act=relu) -> dense(64)
  picture = reshape(1x8x8)
}
train Auto { loss = mse(picture, image); metrics = []; data = "digits"; batch = 64; epochs = 2 }"""


def test_an_autoencoder_trains_evaluates_and_exports(loaded: Callable[[str], Net], tmp_path: Path) -> None:
    net = loaded(AUTOENCODER)
    model = netc.Model(net, device="cpu")
    trainer = netc.Trainer(model)
    history = trainer.fit("digits")
    assert history[1]["validation_loss"] < history[0]["validation_loss"]
    rows = np.random.default_rng(0).random((10, 1, 8, 8)).astype(np.float32)
    measured = trainer.evaluate({"image": rows})["loss"]
    assert measured == pytest.approx(float(((model(rows) - rows) ** 2).mean()), rel=1e-5)
