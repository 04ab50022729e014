"""Losses, gradients and weights after some steps, against the same net walked node by node in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optimizer_calls import made_of

import netc
from netc.compiler.declare.samples import Call
from netc.compiler.optimizers.base import optimizer
from netc.runtime.measure.bench import synthetic
from netc.runtime.measure.torch_ops import NoEquivalentError
from netc.runtime.measure.torch_step import TorchStep

torch = pytest.importorskip("torch")
EXAMPLES = Path(__file__).parents[2] / "examples"

# file -> its settings, and how far a gradient may be off, in parts of its norm: in deep nets rounding decides ReLUs
NETS: dict[str, tuple[dict[str, Any], float]] = {
    "lecture/dense.net": ({}, 1e-4),
    "lecture/cnn.net": ({}, 1e-4),
    "lecture/residual_cnn.net": ({}, 1e-4),
    "lecture/lenet5.net": ({}, 1e-4),
    "zoo/resnet_cifar.net": ({"depth": 20}, 1e-2),
}
EVERYTHING = """
net Everything {
  input image: 2x9x8
  input size: [3]

  image -> normalize(0.1, [0.5, 0.7]) -> conv(6, 3x3, pad=same, stride=2, bias=false) -> batchnorm -> relu
  left = conv(4, 3x2, pad=[[0, 1], [1, 0]], groups=2, act=tanh)
  pooled = left -> maxpool(3x3, stride=1, pad=1)
  averaged = left -> avgpool(2x2, stride=1, pad=[[0, 1], [0, 1]])
  both = concat(pooled, averaged)
  both -> conv(8, 1x1) -> slice(1, axis=1) -> sigmoid -> global_avgpool
  gates = size -> dense(8, act=relu) -> softmax
  mul(gates) -> dense(12)
  hidden = leaky_relu
  logits = dense(5)
}

train Everything {
  loss = [label: cross_entropy(logits, label, label_smoothing=0.1), small: 0.5 * mse(hidden, 0)]
  optimizer = sgd(lr=0.05, momentum=0.9, nesterov=true)
  clip_norm = 0.5
  batch = 6
}
"""
CALLS = [call for definition in optimizer.all().values() if definition.torch_lacks is None
         for call in (definition.samples[0], definition.samples[-1])]  # fmt: skip
"""Of every optimizer that PyTorch has, what is plainest and what has most settings."""


@pytest.mark.quick(1)
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("file", NETS)
def test_gradients(file: str, channels_last: bool) -> None:
    settings, tolerance = NETS[file]
    net = netc.load(EXAMPLES / file, **settings)
    compare_gradients(net, tolerance, channels_last)


def test_gradients_of_a_net_of_many_layers(tmp_path: Path) -> None:
    compare_gradients(everything(tmp_path), 1e-4, channels_last=True)


@pytest.mark.quick(5)
@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("file", ["lecture/dense.net", "lecture/lenet5.net", "everything"])
def test_some_steps(file: str, call: Call, tmp_path: Path) -> None:
    made = made_of(call)
    fastest = 0.0001 if made.word == "rmsprop" else 0.02  # its first step has one size, and rounding the sign
    slow = type(made)(**{**made.settings(), "lr": min(made.lr, fastest)})
    net = everything(tmp_path) if file == "everything" else netc.load(EXAMPLES / file)
    plan = replace(net.plan().with_steps(optimizer=slow), batch=6)
    trainer = netc.Trainer(netc.Model(net, "cpu", seed=3, threads=1), plan)
    start = trainer.model.state_dict()
    rows = synthetic(trainer.ports, plan.batch)
    step = TorchStep(net, plan, start, rows, lr=slow.lr)
    losses = [(trainer.step(rows)["loss"], step()) for _ in range(4)]
    assert [mine for mine, _ in losses] == pytest.approx([theirs for _, theirs in losses], rel=2e-4, abs=1e-6)
    assert losses[-1][0] != pytest.approx(losses[0][0], rel=1e-4)
    found = trainer.model.state_dict()
    for parameter in net.parameters:
        theirs = step.weights[parameter.name].detach().numpy()
        move = np.abs(theirs - start[parameter.name]).max()
        if parameter.trainable:
            far = np.abs(found[parameter.name] - theirs) > 1e-2 * move
            assert far.mean() <= 0.01, parameter.name


def compare_gradients(net: netc.Net, tolerance: float, channels_last: bool) -> None:
    plan = replace(net.plan(), batch=6)
    model = netc.Model(net, "cpu", seed=5, threads=1)
    trainer = netc.Trainer(model, plan)
    rows = synthetic(trainer.ports, plan.batch)
    loss, found = model.gradients({port["name"]: rows[port["name"]] for port in trainer.ports}, plan)
    theirs, expected = TorchStep(net, plan, model.state_dict(), rows, lr=0.0, channels_last=channels_last).gradients()
    assert loss == pytest.approx(theirs, rel=1e-5)
    assert {item.name for item in net.parameters if item.trainable} == set(expected)
    for name, gradient in expected.items():
        assert np.linalg.norm(found[name] - gradient) <= tolerance * np.linalg.norm(gradient), name


def everything(folder: Path) -> netc.Net:
    path = folder / "everything.net"
    path.write_text(EVERYTHING)
    return netc.load(path)


@pytest.mark.parametrize("precision", ["mixed", "bfloat16"])
def test_a_step_in_sixteen_bits(precision: str, tmp_path: Path) -> None:
    net = everything(tmp_path)
    trainer = netc.Trainer(netc.Model(net, "cpu", seed=3))
    rows, start = synthetic(trainer.ports, 6), trainer.model.state_dict()
    exact = TorchStep(net, net.plan(), start, rows, lr=0.05)
    half = TorchStep(net, net.plan(), start, rows, lr=0.05, precision=precision)
    first = exact()
    assert half() == pytest.approx(first, rel=2e-2)
    assert half() != first
    weight = half.weights["logits.weight"]
    assert weight.dtype == torch.float32
    assert np.abs(weight.detach().numpy() - start["logits.weight"]).max() > 0


def test_what_pytorch_has_no_equivalent_of(tmp_path: Path) -> None:
    net = everything(tmp_path)
    trainer = netc.Trainer(netc.Model(net, "cpu"))
    rows = synthetic(trainer.ports, 6)

    class Strange(optimizer.all()["sgd"]):  # type: ignore[misc]
        word, torch_lacks = "strange", "nobody asked for it there"

    plan = net.plan().with_steps(optimizer=Strange(lr=0.1))
    with pytest.raises(NoEquivalentError, match="the optimizer strange: nobody asked for it there"):
        TorchStep(net, plan, trainer.model.state_dict(), rows, lr=0.0)


def test_targets_that_are_inputs_and_values_of_the_net(tmp_path: Path) -> None:
    """A target that is a value is part of the gradient, in PyTorch too."""
    path = tmp_path / "auto.net"
    path.write_text(
        "net Auto {\n  input x: 12\n  a = dense(6, act=tanh)\n  b = x -> dense(6, act=sigmoid)\n"
        "  y = b -> dense(12)\n}\n"
        "train Auto { loss = mse(y, x) + 0.5 * mse(a, b) }"
    )
    compare_gradients(netc.load(path), 1e-5, channels_last=False)
