"""Batch normalization far from 0, in every target: no less exact than PyTorch's in the same precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from here import BLOCKED_TARGETS
from sessions import session_of
from stages import legalise, simplify

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value

torch = pytest.importorskip("torch")
Array = np.ndarray[Any, Any]
TARGETS = ["std", "cuda", "web", *BLOCKED_TARGETS]
EPSILON = 1e-5


def ours(target: str, feeds: dict[str, Array]) -> list[Array]:
    """y, dx, dscale, dbias, mean, variance; a convolution before brings the CPU's layouts to lie in blocks."""
    x = feeds["x"]
    channels, axes = x.shape[1], x.ndim - 2
    graph = Graph("one", [Value(name, DType.FLOAT32, array.shape) for name, array in feeds.items()])
    g = Builder(graph)
    data, scale, bias, dy = graph.inputs
    if axes == 2:
        rows = g.Equal(
            g.constant(range(channels), DType.INT64),
            g.Reshape(g.constant(range(channels), DType.INT64), shape=(channels, 1)),
        )
        unit = g.Reshape(g.Cast(rows, to=DType.FLOAT32), shape=(channels, channels, 1, 1))
        data = g.Conv(data, unit, strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1)
    y, mean, variance = g.add("BatchNormalizationTraining", (data, scale, bias), {"epsilon": EPSILON})
    slopes = g.add("BatchNormalizationGradient", (dy, data, scale, mean, variance), {"epsilon": EPSILON})
    graph.outputs = {f"{number}": value for number, value in enumerate((y, *slopes, mean, variance))}
    session = session_of(emit(simplify(legalise(simplify(graph), target))).SerializeToString())
    found: list[Array] = session.run([str(number) for number in range(6)], feeds)
    return found


def theirs(feeds: dict[str, Array], dtype: Any) -> list[Array]:
    x, scale, bias = (torch.tensor(feeds[name]).to(dtype).requires_grad_() for name in ("x", "scale", "bias"))
    y = torch.nn.functional.batch_norm(x, None, None, scale, bias, training=True, eps=EPSILON)
    y.backward(torch.tensor(feeds["dy"]).to(dtype))
    axes = (0, *range(2, x.ndim))
    with torch.no_grad():
        statistics = x.mean(axes), x.var(axes, unbiased=False)
    return [tensor.detach().numpy() for tensor in (y, x.grad, scale.grad, bias.grad, *statistics)]


def off(found: Array, exact: Array) -> float:
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


@pytest.mark.quick(30)
@pytest.mark.parametrize(("mean", "deviation"), [(0, 1), (10, 1), (1e3, 1), (1e3, 0.1), (-1e3, 0.1), (1e4, 10)])
@pytest.mark.parametrize("shape", [(64, 16, 8, 8), (256, 16, 4, 4), (32, 8)])
@pytest.mark.parametrize("target", TARGETS)
def test_no_less_exact_than_pytorch(target: str, shape: tuple[int, ...], mean: float, deviation: float) -> None:
    random = np.random.default_rng(0)
    feeds = {
        "x": random.normal(mean, deviation, shape),
        "scale": random.uniform(0.5, 2, shape[1]),
        "bias": random.normal(size=shape[1]),
        "dy": random.normal(size=shape),
    }
    given = {name: array.astype(np.float32) for name, array in feeds.items()}
    exact, single = theirs(given, torch.float64), theirs(given, torch.float32)
    for what, found, right, other in zip(
        ("y", "dx", "dscale", "dbias", "mean", "variance"), ours(target, given), exact, single, strict=True
    ):
        assert off(found, right) <= max(1.5 * off(other, right), 1e-6), what
