"""Which GELUs and layer normalizations are one operator of ONNX, in which graphs, and that all stay what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from sessions import session_of
from torch.nn.functional import gelu, layer_norm

import netc
from netc.compiler import Net, Options, compile_inference, compile_training, initial_weights

COUNTED = ("Gelu", "LayerNormalization", "Erf", "Tanh", "Mul", "Add")
Weights = dict[str, torch.Tensor]


def scale_and_bias(weights: Weights) -> tuple[torch.Tensor, torch.Tensor]:
    return weights["layernorm1.weight"], weights["layernorm1.bias"]


CASES: dict[str, tuple[str, dict[str, int], Callable[[torch.Tensor, Weights], torch.Tensor]]] = {
    "gelu": ("gelu", {"Gelu": 1}, lambda x, w: gelu(x)),
    "gelu by tanh": ("gelu(tanh)", {"Gelu": 1}, lambda x, w: gelu(x, approximate="tanh")),
    "twice": ("gelu -> gelu", {"Gelu": 2}, lambda x, w: gelu(gelu(x))),
    "layernorm": ("layernorm", {"LayerNormalization": 1}, lambda x, w: layer_norm(x, (8,), *scale_and_bias(w))),
    "of two axes": (
        "layernorm(from=0)",
        {"LayerNormalization": 1},
        lambda x, w: layer_norm(x, (5, 8), *scale_and_bias(w)),
    ),
    "without a shift": (
        "layernorm(shift=false)",
        {"LayerNormalization": 1, "Mul": 1},
        lambda x, w: layer_norm(x, (8,), w["layernorm1.weight"]),
    ),
    "the half of it": (
        "half = { in * 0.5 } -> erf\n  y = x * (half * 0.5 + 0.5)",
        {"Erf": 1, "Mul": 3, "Add": 1},
        lambda x, w: x * (torch.erf(x * 0.5) * 0.5 + 0.5),
    ),
}
"""What flows 5x8 go through, the operators that stand for it, and what PyTorch makes of it."""


def net_of(body: str) -> Net:
    return netc.loads(f"net One {{\n  input x: 5x8\n  {body}\n}}")


def random_weights(net: Net) -> dict[str, Any]:
    random = np.random.default_rng(2)
    return {name: random.normal(0, 1, array.shape).astype("float32") for name, array in initial_weights(net, 0).items()}


def counts(model: bytes) -> dict[str, int]:
    found = Counter(node.op_type for node in onnx.load_from_string(model).graph.node)
    return {name: found[name] for name in COUNTED if found[name]}


@pytest.mark.parametrize("target", ["std", "cpu"])
@pytest.mark.parametrize("case", CASES)
def test_one_operator_that_computes_the_same(case: str, target: str) -> None:
    body, expected, formula = CASES[case]
    net = net_of(body)
    weights = random_weights(net)
    made = compile_inference(net, weights, target=target)
    assert counts(made.model) == expected
    x = np.random.default_rng(1).normal(0, 2, (3, 5, 8)).astype(np.float32)
    (y,) = session_of(made.model).run(None, {"x": x})
    doubles = {name: torch.from_numpy(array).double() for name, array in weights.items()}
    np.testing.assert_allclose(y, formula(torch.from_numpy(x).double(), doubles).numpy(), rtol=0, atol=4e-6)


def test_a_value_in_between_that_is_asked_for_stays() -> None:
    body = "half = { in * 0.7071067811865476 } -> erf\n  y = x * (half * 0.5 + 0.5)\n  output half, y"
    net = net_of(body)
    assert "Gelu" not in counts(compile_inference(net).model)


def test_parts_may_be_asked_for() -> None:
    options = Options(without=frozenset({"gelu", "scaled_normalization"}))
    model = compile_inference(net_of("layernorm -> gelu"), options=options).model
    assert counts(model) == {"LayerNormalization": 1, "Erf": 1, "Mul": 4, "Add": 2}


def test_a_card_has_the_operator_set_before_gelu() -> None:
    assert counts(compile_inference(net_of("layernorm -> gelu"), target="cuda").model) == {
        "LayerNormalization": 1, "Erf": 1, "Mul": 3, "Add": 1,
    }  # fmt: skip


def test_a_frozen_part_has_them_in_training_and_the_rest_has_parts() -> None:
    net = netc.loads("""
        net One {
          input x: 5x8
          front = dense(8, act=gelu) -> layernorm
          back = dense(8, act=gelu) -> layernorm
          y = flatten -> dense(2)
        }
        train One { loss = cross_entropy(y, label); freeze = ["front"] }
    """)
    found = counts(compile_training(net, target="std").model)
    assert (found["Gelu"], found["Erf"], found["LayerNormalization"]) == (1, 1, 2)


@pytest.mark.parametrize("target", ["std", "cpu"])
def test_flattened_maps_are_transposed_as_maps(target: str) -> None:
    net = netc.loads("""
        net One {
          input x: 16x4x6
          conv(16, 1x1) -> flatten(from=1) -> transpose -> layernorm -> dense(16) -> transpose -> reshape([16, 4, 6])
          conv(16, 1x1)
        }
    """)
    weights, x = random_weights(net), np.random.default_rng(3).normal(0, 1, (2, 16, 4, 6)).astype(np.float32)
    model = compile_inference(net, weights, target=target).model
    turned = [node for node in onnx.load_from_string(model).graph.node if node.op_type == "Transpose"]
    axes = [tuple(node.attribute[0].ints) for node in turned if len(node.attribute[0].ints) > 2]
    assert (0, 2, 1) not in axes
    parts = Options(without=frozenset({"flat_transpositions"}))
    (expected,) = session_of(compile_inference(net, weights, options=parts).model).run(None, {"x": x})
    (found,) = session_of(model).run(None, {"x": x})
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())
