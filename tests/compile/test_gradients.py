"""Gradients of whole networks against differences of the loss, both in double precision on onnx.reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator
from stages import legalise, simplify

from netc.compiler.emit import emit
from netc.compiler.net import Net
from netc.compiler.training.step import gradient_step
from netc.compiler.weights.draw import initial_weights

from .networks import Maker, batch_of, dense_net, plan, small_net

Array = np.ndarray[Any, Any]


def wide_net() -> Net:
    """Strides, uneven padding, groups, dilation, a shared layer, concatenation."""
    m = Maker("Wide")
    x = m.input("image", 2, 7, 7)
    a = m("conv", x, filters=4, kernel=3, stride=2, pad=1)
    b = m("conv", x, filters=4, kernel=(3, 2), dilation=2, pad="same", groups=2)
    b = m("avgpool", m("tanh", b), kernel=3, stride=2, pad=1)
    y = m("concat", m("leaky_relu", a), b)
    y = m("maxpool", y, kernel=3, stride=2, pad=1)
    y = m("flatten", m("sigmoid", y))
    for _ in range(2):
        y = m("dense", y, features=32, path="shared", act="tanh")
    return m.output(logits=m("dense", y, features=3))


@pytest.mark.quick(1)
@pytest.mark.parametrize("net", [dense_net(), small_net(), wide_net()], ids=lambda net: net.name)
def test_slopes_agree_with_differences(net: Net) -> None:
    a = gradient_step(net, plan(net))
    model = emit(simplify(legalise(simplify(a.graph))), float_type="float64")
    evaluator = ReferenceEvaluator(model)
    rng = np.random.default_rng(1)
    batch = batch_of(net, 5, seed=2)
    label = batch.pop("label")
    point = {name: value.astype(np.float64) for name, value in {**initial_weights(net, 3), **batch}.items()}
    for name, value in point.items():
        if name.endswith("bias"):
            value += 0.1 * rng.standard_normal(value.shape)
    rest = {"label": label, "seed": np.array(11), "step": np.array(5)}
    names = [output.name for output in model.graph.output]
    slopes = dict(zip(names, evaluator.run(None, {**point, **rest}), strict=True))
    h = 1e-5
    for name, value in point.items():
        if f"gradient.{name}" not in slopes:
            continue
        direction = rng.standard_normal(value.shape)
        direction /= np.linalg.norm(direction)

        def loss(step: float, name: str = name, direction: Array = direction) -> float:
            moved = {**point, name: point[name] + step * direction}
            return float(evaluator.run(["loss"], {**moved, **rest})[0])

        difference = (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h)
        exact = float((slopes[f"gradient.{name}"] * direction).sum())
        assert exact == pytest.approx(difference, rel=1e-7, abs=2e-9), name
