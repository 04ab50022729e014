"""Random kernels, strides, paddings, dilations, groups on 1 to 3 axes: gradients against PyTorch in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st
from tiers import examples

from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ops import Sample, ShapeError
from netc.compiler.training.gradient import gradients

from .one_operator import assert_close, graph_of, reference, runtime

torch = pytest.importorskip("torch")
QUICK = settings(max_examples=examples(80), deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def windows(draw: st.DrawFn, *, pool: bool) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Spatial sizes and settings."""
    axes = draw(st.integers(1, 3))
    high = (12, 8, 5)[axes - 1]

    def each(low: int, top: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, top)) for _ in range(axes))

    sizes, kernel = each(1, high), each(1, 4 if axes < 3 else 3)
    found: dict[str, Any] = {"kernel": kernel, "strides": each(1, 4)}
    found["pads"] = tuple(draw(st.integers(0, size - 1 if pool else 3)) for size in kernel * 2)
    if not pool:
        found["dilations"] = each(1, 3)
        found["group"] = draw(st.sampled_from([1, 1, 2, 4]))
    return sizes, found


def outside(x: Any, pads: tuple[int, ...], value: float) -> Any:
    axes = len(pads) // 2
    return torch.nn.functional.pad(
        x, [pad for axis in reversed(range(axes)) for pad in (pads[axis], pads[axis + axes])], value=value
    )


def ours(graph: Graph, feeds: dict[str, Any], weight: Any) -> list[Any]:
    """Gradients of all inputs for dy = weight, max-pooling's in float32: onnx.reference pools one axis with uneven
    padding wrongly."""
    wrt = list(graph.inputs)
    y = graph.outputs["y0"]
    graph.inputs.append(dy := Value("dy", DType.FLOAT32, y.shape))
    g = Builder(graph)
    found = gradients(graph, g.ReduceSum(g.Mul(y, dy), axes=tuple(range(y.rank))), wrt)
    graph.outputs = {f"d{value.name}": found[value] for value in wrt}
    runs = runtime if "MaxPool" in {node.op for node in graph.nodes} else reference
    return runs(graph, {**feeds, "dy": weight})


def theirs(output: Any, inputs: list[Any], weight: Any) -> list[Any]:
    output.backward(torch.tensor(weight))
    return [x.grad.numpy() for x in inputs]


@QUICK
@given(windows(pool=False), st.integers(0, 99))
def test_convolution(window: tuple[tuple[int, ...], dict[str, Any]], seed: int) -> None:
    sizes, found = window
    kernel, group = found.pop("kernel"), found["group"]
    shapes = ((2, 4, *sizes), (4, 4 // group, *kernel))
    try:
        graph = graph_of("Conv", Sample(shapes, found))
    except ShapeError:
        assume(False)
    random = np.random.default_rng(seed)
    feeds = {f"x{i}": random.uniform(-1, 1, shape) for i, shape in enumerate(shapes)}
    tensors = [torch.tensor(x, requires_grad=True) for x in feeds.values()]
    convolution = getattr(torch.nn.functional, f"conv{len(sizes)}d")
    padded = outside(tensors[0], found["pads"], 0.0)
    output = convolution(padded, tensors[1], None, found["strides"], 0, found["dilations"], group)
    weight = random.uniform(-1, 1, tuple(output.shape))
    for mine, other in zip(ours(graph, feeds, weight), theirs(output, tensors, weight), strict=True):
        assert_close(mine, other, 1e-10)


@pytest.mark.quick(1)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@QUICK
@given(windows(pool=True), st.integers(0, 99))
def test_pooling(kind: str, ties: bool, window: tuple[tuple[int, ...], dict[str, Any]], seed: int) -> None:
    sizes, found = window
    shape = (1, 2, *sizes)
    largest = kind == "MaxPool"
    try:
        graph = graph_of(kind, Sample((shape,), found if largest else {**found, "count_include_pad": ties}))
    except ShapeError:
        assume(False)
    random = np.random.default_rng(seed)
    x = (
        random.integers(0, 2, shape).astype(np.float64)
        if ties
        else random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)
    )
    tensor = torch.tensor(x, requires_grad=True)
    padded = outside(tensor, found["pads"], -np.inf if largest else 0.0)
    pool = getattr(torch.nn.functional, f"{'max' if largest else 'avg'}_pool{len(sizes)}d")
    output = pool(padded, found["kernel"], found["strides"])
    if not largest and not ties:
        output = output / pool(outside(torch.ones_like(tensor), found["pads"], 0.0), found["kernel"], found["strides"])
    weight = random.uniform(-1, 1, tuple(output.shape))
    (mine,), (other,) = ours(graph, {"x0": x}, weight), theirs(output, [tensor], weight)
    assert_close(mine, other, 2e-6 if largest else 1e-10)
