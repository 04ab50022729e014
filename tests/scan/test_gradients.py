"""Gradients of scans in the language: against PyTorch written out step by step, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from here import CPU_TARGETS

from netc.compiler import Net, compile_gradients, compile_inference, initial_weights

torch = pytest.importorskip("torch")
Tensor = Any
Array = np.ndarray[Any, Any]
ROWS, STEPS = 3, 5
HERE = [*CPU_TARGETS, "web"]


def linear(weights: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


# ------------------------------------------------------------ programs, and the same in PyTorch
REVERSED = """
net Reversed(width = 4) {
  input x: [T, 3]
  start = parameter([width])
  read = x -> scan(h = start, c = zeros([width]), reverse=true) {
    f = [in, prev h] -> concat -> dense(width, act=sigmoid)
    g = [in, prev h] -> concat -> dense(width, act=tanh)
    c = f * prev c + (f - 1) * g
    h = (c -> tanh) * f
  }
  y = read * 2
  last = read.c
  output y, last
}
train Reversed { loss = mse(y, wanted) + mse(last, other) }
"""


def in_torch_reversed(w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, ...]:
    h = w["start.weight"].expand(len(x), 4)
    c = torch.zeros(len(x), 4, dtype=torch.float64)
    found = [None] * x.shape[1]
    for t in reversed(range(x.shape[1])):
        both = torch.cat([x[:, t], h], 1)
        f, g = torch.sigmoid(linear(w, "read.f.dense1", both)), torch.tanh(linear(w, "read.g.dense1", both))
        c = f * c + (f - 1) * g
        h = found[t] = torch.tanh(c) * f
    return torch.stack(found, 1) * 2, c


BOTH = """
net Both {
  input x: [T, 3]
  forward = x -> scan(h = zeros([4])) { h = [in, prev h] -> concat -> dense(4, act=tanh) }
  backward = x -> scan(h = forward.h, reverse=true) { h = [in, prev h] -> concat -> dense(4, act=tanh) }
  y = [forward, backward] -> scan {
    a, b = in
    a * b -> add(a)
  }
  last = backward.h
  output y, last
}
train Both { loss = mse(y, wanted) + mse(last, other) }
"""


def in_torch_both(w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, ...]:
    h, ahead, back = torch.zeros(len(x), 4, dtype=torch.float64), [], []
    for t in range(x.shape[1]):
        h = torch.tanh(linear(w, "forward.h.dense1", torch.cat([x[:, t], h], 1)))
        ahead.append(h)
    for t in reversed(range(x.shape[1])):
        h = torch.tanh(linear(w, "backward.h.dense1", torch.cat([x[:, t], h], 1)))
        back.append(h)
    a, b = torch.stack(ahead, 1), torch.stack(back[::-1], 1)
    return a * b + a, h


NESTED = """
net Nested {
  input x: [T, 3]
  y = scan(h = zeros([4])) {
    inner = x -> scan(k = prev h, reverse=true) { k = [in, prev k] -> concat -> dense(4, act=tanh) }
    h = inner.k + (in -> dense(4))
  }
  last = y -> slice(0, 1) -> flatten
  output y, last
}
train Nested { loss = mse(y, wanted) + mse(last, other) }
"""


def in_torch_nested(w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, ...]:
    h, found = torch.zeros(len(x), 4, dtype=torch.float64), []
    for t in range(x.shape[1]):
        k = h
        for s in reversed(range(x.shape[1])):
            k = torch.tanh(linear(w, "y.inner.k.dense1", torch.cat([x[:, s], k], 1)))
        h = k + linear(w, "y.h.dense1", x[:, t])
        found.append(h)
    return torch.stack(found, 1), found[0]


SHARED = """
net Shared {
  input x: [T, 3]
  shared f = dense(3, act=tanh)
  once = x -> f
  y = once -> scan(h = zeros([4])) {
    seen = f
    h = [seen, prev h] -> concat -> dense(4) -> add(prev h)
  }
  last = y.h
  output y, last
}
train Shared { loss = mse(y, wanted) + mse(last, other) }
"""


def in_torch_shared(w: dict[str, Tensor], x: Tensor) -> tuple[Tensor, ...]:
    h, found = torch.zeros(len(x), 4, dtype=torch.float64), []
    once = torch.tanh(linear(w, "f", x))
    for t in range(x.shape[1]):
        seen = torch.tanh(linear(w, "f", once[:, t]))
        h = linear(w, "y.h.dense1", torch.cat([seen, h], 1)) + h
        found.append(h)
    return torch.stack(found, 1), h


PROGRAMS = {
    "reversed": (REVERSED, in_torch_reversed),
    "both": (BOTH, in_torch_both),
    "nested": (NESTED, in_torch_nested),
    "shared": (SHARED, in_torch_shared),
}


def feeds_of(net: Net, steps: int = STEPS) -> dict[str, Array]:
    rng = np.random.default_rng(4)
    x, wanted = rng.normal(size=(ROWS, steps, 3)), rng.normal(size=(ROWS, steps, 4))
    feeds = {"x": x, "wanted": wanted, "other": rng.normal(size=(ROWS, 4))}
    feeds |= {name: array + 0.3 * rng.normal(size=array.shape) for name, array in initial_weights(net, 1).items()}
    found = {name: np.asarray(array, np.float32) for name, array in feeds.items()}
    return found | {"seed": np.array(3), "step": np.array(8)}


def assert_near(found: Array, expected: Tensor, what: str) -> None:
    wanted = expected.detach().numpy()
    assert found.shape == wanted.shape, what
    np.testing.assert_allclose(found, wanted, rtol=0, atol=3e-6 * max(1e-2, np.abs(wanted).max()), err_msg=what)


@pytest.mark.quick(5)
@pytest.mark.parametrize("target", HERE)
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("steps", [STEPS, 1])
def test_values_and_gradients_are_pytorch_s(
    name: str, target: str, steps: int, net_of: Callable[[str], Net], run: Any
) -> None:
    text, program = PROGRAMS[name]
    net = net_of(text)
    feeds = feeds_of(net, steps)
    tensors = {key: torch.tensor(x).double() for key, x in feeds.items()}
    moving = ["x", *(item.name for item in net.parameters)]
    for key in moving:
        tensors[key].requires_grad_()
    y, last = program(tensors, tensors["x"])
    loss = ((y - tensors["wanted"]) ** 2).mean() + ((last - tensors["other"]) ** 2).mean()
    loss.backward()
    found = run(compile_gradients(net, target=target), feeds)
    assert_near(found["loss"], loss, "loss")
    for key in moving:
        assert_near(found[f"gradient.{key}"], tensors[key].grad, key)
    weights = {item.name: feeds[item.name] for item in net.parameters}
    used = run(compile_inference(net, weights, target=target), feeds)
    assert_near(used["y"], y, "y")
    assert_near(used["last"], last, "last")
