"""`rnn`, `lstm` and `gru` against PyTorch's modules: the model for use, whole trainings, weight files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import Net, compile_gradients, compile_inference, compile_training, initial_weights

torch = pytest.importorskip("torch")
Array = np.ndarray[Any, Any]
CALLS = {
    "rnn(5, activation=relu, last=true)": ("RNN", {"nonlinearity": "relu"}, True),
    "lstm(5)": ("LSTM", {}, False),
    "lstm(5, layers=2, bidirectional=true)": ("LSTM", {"num_layers": 2, "bidirectional": True}, False),
    "lstm(5, bidirectional=true, last=true)": ("LSTM", {"bidirectional": True}, True),
    "gru(5, layers=2)": ("GRU", {"num_layers": 2}, False),
    "gru(5, bidirectional=true, last=true)": ("GRU", {"bidirectional": True}, True),
    "lstm(5, bias=false)": ("LSTM", {"bias": False}, False),
}


def in_torch(call: str, weights: dict[str, Array]) -> Any:
    """PyTorch's module with the weights of a net: their names are its own."""
    name, settings, last = CALLS[call]
    module = getattr(torch.nn, name)(3, 5, batch_first=True, dtype=torch.float64, **settings)
    module.load_state_dict({key.removeprefix("y."): torch.tensor(x).double() for key, x in weights.items()})

    def ran(x: Any) -> Any:
        y, state = module(x)
        h = state[0] if isinstance(state, tuple) else state
        return torch.cat(list(h[-2 if settings.get("bidirectional") else -1 :]), 1) if last else y

    return module, ran


@pytest.mark.parametrize("call", CALLS)
def test_the_model_for_use_takes_onnx_s_operators(call: str, net_of: Callable[[str], Net], run: Any) -> None:
    net = net_of(f"net A {{\n  input x: [T, 3]\n  y = {call}\n}}\n")
    weights = {name: 2 * array for name, array in initial_weights(net, 4).items()}
    artifact = compile_inference(net, weights)
    _, ran = in_torch(call, weights)
    for rows, steps in ((4, 7), (1, 1), (2, 30)):
        x = np.random.default_rng(rows).normal(size=(rows, steps, 3)).astype(np.float32)
        found = run(artifact, {"x": x})["y"]
        np.testing.assert_allclose(found, ran(torch.tensor(x).double()).detach().numpy(), rtol=2e-6, atol=2e-6)
    import onnx

    model = onnx.load_from_string(artifact.model)
    assert CALLS[call][0] in {node.op_type for node in model.graph.node}
    assert "Scan" not in {node.op_type for node in model.graph.node}


@pytest.mark.quick(5)
@pytest.mark.parametrize("batch", [None, 4])
@pytest.mark.parametrize("call", CALLS)
def test_steps_are_pytorch_s(call: str, batch: int | None, net_of: Callable[[str], Net], run: Any) -> None:
    text = f"net A {{\n  input x: [T, 3]\n  y = {call}\n}}\n"
    net = net_of(text + "train A { loss = mse(y, wanted); optimizer = sgd(lr=0.5, momentum=0.9) }\n")
    weights = dict(initial_weights(net, 4))
    module, ran = in_torch(call, weights)
    optimizer = torch.optim.SGD(module.parameters(), 0.5, momentum=0.9)
    artifact = compile_training(net, batch=batch)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 6, 3)).astype(np.float32)
    wanted = rng.normal(size=ran(torch.tensor(x).double()).shape).astype(np.float32)
    state: dict[str, Array] = {port["name"]: np.zeros(port["shape"], np.float32)  # type: ignore[arg-type]
                               for port in artifact.manifest["inputs"] if port["role"] == "state"}  # fmt: skip
    feeds = {"x": x, "wanted": wanted, **weights, **state, "learning_rate": np.array(0.5, np.float32)}
    for step in range(4):
        loss = ((ran(torch.tensor(x).double()) - torch.tensor(wanted).double()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found = run(artifact, {**feeds, "seed": np.array(0), "step": np.array(step)})
        assert abs(found["loss"] - loss.item()) < 1e-5
        feeds |= {name.removesuffix(".next"): value for name, value in found.items() if name.endswith(".next")}
    for name, value in module.named_parameters():
        np.testing.assert_allclose(feeds[f"y.{name}"], value.detach().numpy(), rtol=0, atol=2e-5, err_msg=name)


STARTED = {
    "rnn(5, initial=h)": ("RNN", {}),
    "gru(5, layers=2, bias=false, initial=h)": ("GRU", {"num_layers": 2, "bias": False}),
    "lstm(5, layers=2, bidirectional=true, initial=h, initial_cell=c)": (
        "LSTM", {"num_layers": 2, "bidirectional": True},
    ),
    "lstm(5, bidirectional=true, bias=false, initial_cell=c)": ("LSTM", {"bidirectional": True, "bias": False}),
}  # fmt: skip


@pytest.mark.quick(3)
@pytest.mark.parametrize("call", STARTED)
def test_states_start_from_what_is_given(call: str, net_of: Callable[[str], Net], run: Any) -> None:
    """As PyTorch's h_0 and c_0, values and slopes; biases of none are no weights."""
    name, settings = STARTED[call]
    module = getattr(torch.nn, name)(3, 5, batch_first=True, dtype=torch.float64, **settings)
    count = settings.get("num_layers", 1) * (2 if settings.get("bidirectional") else 1)
    shape = f"{count}x5" if count > 1 else "5"
    net = net_of(f"net A {{\n  input x: [T, 3]\n  input h: {shape}\n  input c: {shape}\n  y = x -> {call}\n"
                 "  a, b = [h, c] -> identity\n  output y, a, b\n}\ntrain A { loss = mse(y, wanted) }\n")  # fmt: skip
    weights = dict(initial_weights(net, 4))
    module.load_state_dict({key.removeprefix("y."): torch.tensor(x).double() for key, x in weights.items()})
    rng = np.random.default_rng(2)
    sizes = {"x": (4, 6, 3), "h": (4, count, 5), "c": (4, count, 5), "wanted": (4, 6, 5 * module.bidirectional + 5)}
    rows = {name: rng.normal(size=size).astype(np.float32) for name, size in sizes.items()}
    x, h, c, wanted = (torch.tensor(value).double().requires_grad_(name != "wanted") for name, value in rows.items())
    first = h.transpose(0, 1) if "initial=h" in call else torch.zeros(count, 4, 5).double()
    y, _ = module(x, (first, c.transpose(0, 1)) if name == "LSTM" else first)
    loss = ((y - wanted) ** 2).mean()
    loss.backward()
    states = {name: rows[name] if count > 1 else rows[name][:, 0] for name in ("h", "c")}
    found = run(compile_gradients(net), {**rows, **states, **weights, "seed": np.array(0), "step": np.array(0)})
    assert abs(found["loss"] - loss.item()) < 1e-6
    slopes = {"x": x, "h": h, "c": c} | {f"y.{name}": value for name, value in module.named_parameters()}
    for name, value in slopes.items():
        wanted = np.zeros(value.shape) if value.grad is None else value.grad.numpy()
        np.testing.assert_allclose(found[f"gradient.{name}"].reshape(wanted.shape), wanted, atol=2e-6, err_msg=name)


MEMORY = """
net Memory(width = 16) {
  input x: [T, 2]
  read = scan(h = zeros([width])) {
    gate = [in, prev h] -> concat -> dense(width, act=sigmoid)
    new  = [in, prev h] -> concat -> dense(width, act=tanh)
    h = prev h + gate * (new - prev h)
  }
  summary = x -> gru(8, last=true)
  logits = [read.h, summary] -> concat -> dense(2)
}
train Memory {
  loss = cross_entropy(logits, label)
  optimizer = adam(lr=0.02)
  metrics = [accuracy]
  batch = 32
  epochs = 12
}
"""


def test_a_sequence_is_remembered(net_of: Callable[[str], Net]) -> None:
    """The first of six steps says which class it is, the others are noise; the last batch is a smaller one."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(330, 6, 2)).astype(np.float32)
    label = (x[:, 0, 0] > 0).astype(np.int64)
    trainer = netc.Trainer(netc.Model(net_of(MEMORY), device="cpu", seed=0, threads=1))
    batches = [{"x": x[at : at + 32], "label": label[at : at + 32]} for at in range(0, 330, 32)]
    losses = [trainer.step(batch)["loss"] for _ in range(12) for batch in batches]
    assert np.mean(losses[-11:]) < 0.25 * np.mean(losses[:11])
    answer = trainer.model(x[:40])
    assert (np.asarray(answer).argmax(1) == label[:40]).mean() > 0.9
