"""Layers far from what they are made for: numbers of 30,000, and deviations far below the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netc.compiler.declare.samples import Sample
from netc.compiler.ir import DType
from netc.compiler.layers.base import layer
from netc.compiler.layers.element_function import ElementFunction

from .in_the_language import net_of
from .numbers import Array, generator, run, with_gradients
from .test_layers import BATCH, by_formula, sized

torch = pytest.importorskip("torch")

ONLY_SMALL = {"exp", "pow", "square", "log", "sqrt", "reciprocal", "sin", "cos"}
"""Functions whose results are as large, or are no numbers, by their definition."""
NORMS = {
    "layernorm": "layernorm(scale=false, shift=false)",
    "rmsnorm": "rmsnorm(scale=false)",
    "groupnorm": "groupnorm(2, scale=false, shift=false)",
    "instancenorm": "instancenorm",
    "l2_normalize": "l2_normalize",
}
CALLS = [
    *(one.samples[0].call for word, one in layer.all().items()
      if issubclass(one, ElementFunction) and word not in ONLY_SMALL),
    "softmax", "log_softmax", "glu", "swiglu", "relu", "leaky_relu", "sigmoid", "tanh", *NORMS.values(),
]  # fmt: skip
FAR = (-3e4, -1e4, -100.0, -10.0, -1.0, 0.0, 1.0, 10.0, 100.0, 1e4, 3e4)


def found_and_expected(call: str, x: Array, dtype: Any) -> tuple[dict[str, Array], dict[str, Array]]:
    """Values `y` and slopes `dx` of a layer without batch-free inputs, and what its formula makes of them."""
    one = Sample(call, "x".join(map(str, x.shape[1:])))
    net = net_of("layer", one)
    made, value = net.layers[-1], net.inputs[0]
    graph, slopes = with_gradients(net.graph, made.outputs, [value])
    rng = generator(call, "slopes")
    feeds = {value.name: x, slopes[0].name: rng.normal(size=sized(slopes[0].shape)).astype(np.float32)}
    feeds |= {item.name: np.zeros(sized(item.shape), np.float32) for item in net.inputs if item is not value}
    feeds |= {item.name: np.full(sized(item.value.shape), 0.25, np.float32) for item in net.parameters}
    made_by_us = run(graph, feeds)
    tensors = {name: torch.tensor(given, dtype=dtype) for name, given in feeds.items()}
    tensors[value.name].requires_grad_()
    (y,) = by_formula(made, tensors, net, one)
    assert made.outputs[0].dtype is DType.FLOAT32
    expected = {"y": y.detach().double().numpy(), "dx": np.zeros(x.shape)}
    if y.requires_grad:
        y.backward(tensors[slopes[0].name])
        expected["dx"] = tensors[value.name].grad.double().numpy()
    return {"y": made_by_us["y0"], "dx": made_by_us[f"d.{value.name}"]}, expected


@pytest.mark.parametrize("call", CALLS)
def test_numbers_of_thirty_thousand(call: str) -> None:
    x = generator(call).choice(FAR, (BATCH, 4, 6)).astype(np.float32)
    x[0, 0] = 3e4
    x[0, 1] = -3e4
    x[1, 0] = 0.0
    found, expected = found_and_expected(call, x, torch.float64)
    for name, wanted in expected.items():
        assert np.isfinite(found[name]).all(), name
        size = max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(found[name], wanted, rtol=2e-5, atol=3e-6 * size, err_msg=f"{name} of {call}")


KINKS = ["relu", "relu6", "hardtanh", "hardtanh(-2, 3)", "clip(-1, 1)", "clip(min=0)", "hardsigmoid", "hardswish",
         "abs", "softshrink", "softshrink(1)", "threshold(1)", "prelu", "leaky_relu(0.2)", "elu(0.5)", "celu", "selu",
         "softplus", "softsign", "mish", "max(axis=0)", "min(axis=1)"]  # fmt: skip


@pytest.mark.parametrize("call", KINKS)
def test_slopes_at_kinks_are_pytorchs(call: str) -> None:
    x = np.array([-6, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 6, 6], np.float32).reshape(1, 3, 4).repeat(BATCH, 0)
    found, expected = found_and_expected(call, x, torch.float64)
    for name, wanted in expected.items():
        np.testing.assert_allclose(found[name], wanted, rtol=2e-6, atol=2e-6, err_msg=f"{name} of {call}")


@pytest.mark.parametrize("word", ["layernorm", "groupnorm", "instancenorm"])
def test_a_deviation_far_below_the_mean(word: str) -> None:
    x = (1e3 + 0.1 * generator(word).normal(size=(BATCH, 4, 512))).astype(np.float32)
    found, exact = found_and_expected(NORMS[word], x, torch.float64)
    _, theirs = found_and_expected(NORMS[word], x, torch.float32)
    for name, wanted in exact.items():
        ours, pytorchs = (float(np.abs(result[name] - wanted).max()) for result in (found, theirs))
        assert ours <= max(1.25 * pytorchs, 2e-6 * float(np.abs(wanted).max())), name
