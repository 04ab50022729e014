"""The CPU target, and `fast` where its library is built, against the standard one: each row of the layout, and where
conversions are put."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from here import BLOCK, BLOCKED_TARGETS
from sessions import session_of
from stages import legalise, simplify

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.verify import verify
from netc.compiler.targets.cpu.strips import strips_of_examples
from netc.compiler.targets.layout import Layout

Array = np.ndarray[Any, Any]
Build = Callable[..., Value | tuple[Value, ...]]
B = BLOCK
pytestmark = pytest.mark.skipif(not BLOCKED_TARGETS, reason="this processor's ONNX Runtime has no blocks of channels")


def graph_of(build: Build, *shapes: tuple[int, ...]) -> Graph:
    graph = Graph("one")
    graph.inputs = [Value(f"x{i}", DType.FLOAT32, shape) for i, shape in enumerate(shapes)]
    made = build(Builder(graph), *graph.inputs)
    graph.outputs = {f"y{i}": value for i, value in enumerate(made if isinstance(made, tuple) else (made,))}
    return graph


def written(graph: Graph, target: str) -> Graph:
    made = simplify(legalise(simplify(graph), target))
    verify(made)
    return made


def run(graph: Graph, feeds: dict[str, Array]) -> list[Array]:
    return session_of(emit(graph).SerializeToString(), without=("Pad_Fusion",)).run(None, feeds)


def assert_agrees(build: Build, *shapes: tuple[int, ...], blocked: bool = True) -> None:
    """All targets give the same values, and the CPU's use their own domain where they should."""
    graph = graph_of(build, *shapes)
    random = np.random.default_rng(0)
    feeds = {f"x{i}": random.standard_normal(shape).astype(np.float32) for i, shape in enumerate(shapes)}
    standard = run(written(graph, "std"), feeds)
    for target in BLOCKED_TARGETS:
        ours = written(graph, target)
        assert any("Blocked" in node.op for node in ours.nodes) == blocked
        for mine, expected in zip(run(ours, feeds), standard, strict=True):
            assert mine.shape == expected.shape
            np.testing.assert_allclose(mine, expected, rtol=0, atol=5e-6 * float(np.abs(expected).max()))


def settings(stride: int = 1, pad: int = 0, dilation: int = 1) -> dict[str, Any]:
    return {"strides": (stride,) * 2, "pads": (pad,) * 4, "dilations": (dilation,) * 2}


CONVOLUTIONS = [
    # channels, filters, kernel, size, settings
    (B, 2 * B, 3, 8, settings(pad=1)),
    (2 * B, B, 1, 7, settings()),
    (B, B, 1, 8, settings(stride=2)),
    (2 * B, 3 * B, 3, 9, settings(stride=2, pad=1)),
    (B, B, 5, 12, settings(pad=2)),
    (B, 2 * B, 3, 11, settings(dilation=2)),
    (3, B, 3, 9, settings(pad=1)),
    (1, 2 * B, 5, 12, settings()),
    (3, 4 * B, 11, 31, settings(stride=4, pad=2)),
    (B, B, 3, 8, settings(stride=2)),
    # filters and channels that fill no block, as in LeNet
    (1, 6, 5, 12, settings(pad=2)),
    (6, B, 5, 12, settings()),
    (B, B + 4, 3, 8, settings(pad=1)),
]


@pytest.mark.parametrize(("channels", "filters", "kernel", "size", "rest"), CONVOLUTIONS)
def test_convolution_and_its_gradients(channels: int, filters: int, kernel: int, size: int, rest: Any) -> None:
    def build(g: Builder, x: Value, w: Value, bias: Value) -> tuple[Value, ...]:
        y = g.Relu(g.Conv(x, w, bias, **rest))
        dy = g.Mul(y, y)
        dx = g.ConvInputGradient(dy, w, shape=x.shape[2:], **rest)
        dw = g.ConvWeightGradient(x, dy, kernel=w.shape[2:], **rest)
        return y, dx, dw, g.ReduceSum(dy, axes=(0, 2, 3))

    assert_agrees(build, (4, channels, size, size), (filters, channels, kernel, kernel), (filters,))


STRIPS = [
    # batch, channels, filters, kernel, size, settings, strips
    (B, B, 2 * B, 3, 7, settings(pad=1), 1),
    (8 * B, 2 * B, 2 * B, 3, 8, settings(stride=2, pad=1), 1),
    (2 * B, 6, 2 * B, 5, 8, settings(), 1),
    (B // 8, B, 2 * B, 3, 32, settings(pad=1), 8),
    (B // 4, 3 * B, B + 4, 3, 32, settings(pad=1), 4),
    (B // 4, 6, B, 5, 20, settings(), 4),
    (B // 2, B, B, 3, 33, settings(stride=2), 2),
    (B // 8, 2 * B, B, 3, 65, settings(stride=2, pad=1), None),
]


@pytest.mark.parametrize(("batch", "channels", "filters", "kernel", "size", "rest", "count"), STRIPS)
def test_weight_gradient_by_strips(
    batch: int, channels: int, filters: int, kernel: int, size: int, rest: Any, count: int | None
) -> None:
    """One strip where examples fill blocks, more where they don't; none where no number of strips divides the rows."""

    def build(g: Builder, x: Value, w: Value) -> Value:
        y = g.Conv(x, w, **rest)
        return g.ConvWeightGradient(x, y, kernel=w.shape[2:], **rest)

    shapes = (batch, channels, size, size), (filters, channels, kernel, kernel)
    graph = graph_of(build, *shapes)
    found = strips_of_examples(Layout(graph, B), graph.nodes[-1])
    assert (found.count if found else None) == count
    assert_agrees(build, *shapes)


def test_many_small_maps_take_the_long_product() -> None:
    def build(g: Builder, x: Value, w: Value) -> Value:
        y = g.Conv(x, w, **settings())
        return g.ConvWeightGradient(x, y, kernel=(1, 1), **settings())

    assert_agrees(build, (4, 128, 2, 2), (128, 128, 1, 1))


@pytest.mark.parametrize("shape", [(2, B + B // 2, 8, 8), (2, B, 8)])
def test_channels_that_fill_no_block_stay_plain(shape: tuple[int, ...]) -> None:
    axes = len(shape) - 2
    around = {"strides": (1,) * axes, "pads": (1,) * 2 * axes, "dilations": (1,) * axes}
    assert_agrees(lambda g, x, w: g.Conv(x, w, **around), shape, (6, shape[1], *(3,) * axes), blocked=False)


@pytest.mark.parametrize(("kernel", "stride", "pad", "size"), [(2, 2, 0, 8), (2, 2, 0, 9), (3, 2, 0, 9), (3, 2, 1, 8)])
def test_pooling_and_its_gradient(kernel: int, stride: int, pad: int, size: int) -> None:
    window = {"kernel": (kernel,) * 2, "strides": (stride,) * 2, "pads": (pad,) * 4}

    def build(g: Builder, x: Value, w: Value) -> tuple[Value, ...]:
        y = g.Conv(x, w, **settings(pad=1))
        pooled = g.MaxPool(y, **window)
        return pooled, g.MaxPoolGradient(y, pooled, g.Mul(pooled, pooled), **window)

    assert_agrees(build, (2, B, size, size), (B, B, 3, 3))


@pytest.mark.parametrize("relu", [False, True])
def test_batch_normalization_and_its_gradient(relu: bool) -> None:
    def build(g: Builder, x: Value, w: Value, scale: Value, bias: Value) -> tuple[Value, ...]:
        y = g.Conv(x, w, **settings(pad=1))
        normal, mean, variance = g.add("BatchNormalizationTraining", (y, scale, bias), {"epsilon": 1e-5})
        after = g.Relu(normal) if relu else normal
        slopes = g.add("BatchNormalizationGradient", (g.Mul(after, after), y, scale, mean, variance), {"epsilon": 1e-5})
        return after, mean, variance, *slopes

    assert_agrees(build, (4, B, 6, 5), (2 * B, B, 3, 3), (2 * B,), (2 * B,))


def test_elementwise_concat_and_means() -> None:
    def build(g: Builder, x: Value, w: Value) -> tuple[Value, ...]:
        a = g.Conv(x, w, **settings(pad=1))
        b = g.Sub(g.Mul(a, 2.0), x)
        mask = g.Cast(g.Greater(b, 0.0), to=DType.FLOAT32)
        joined = g.Concat(a, b, axis=1)
        plain = g.Add(a, g.ReduceSum(b, axes=(1,), keepdims=True))
        return g.Mul(b, mask), joined, g.ReduceMean(joined, axes=(2, 3)), plain

    assert_agrees(build, (3, B, 5, 5), (B, B, 3, 3))


def test_each_activation_is_converted_once_each_way() -> None:
    """Three convolutions in a row: the input is blocked once, nothing in between, and the output comes back once."""

    def build(g: Builder, x: Value, *weights: Value) -> Value:
        for w in weights:
            x = g.Relu(g.Conv(x, w, **settings(pad=1)))
        return g.Add(x, 1.0)

    graph = written(graph_of(build, (2, B, 8, 8), *[(B, B, 3, 3)] * 3), BLOCKED_TARGETS[0])
    maps = Counter(node.op for node in graph.nodes if node.output.shape == (2, B, 8, 8))
    assert maps == {"ToBlocked": 1, "BlockedConv": 3, "Add": 1, "FromBlocked": 1}


def test_blocks_of_eight() -> None:
    """On a processor with blocks of 8 channels other maps qualify; the graph stays valid."""
    graph = graph_of(lambda g, x, w: g.Conv(x, w, **settings(pad=1)), (2, 24, 5, 5), (24, 24, 3, 3))
    for target, expected in (("cpu8", True), ("cpu", False)):
        made = legalise(graph, target)
        verify(made)
        assert any(node.op == "BlockedConv" for node in made.nodes) == expected


def test_a_number_meets_one_by_one_kernels_as_a_vector() -> None:
    """The runtime is slow where a number is broadcast to a shape that ends in ones."""

    def build(g: Builder, w: Value, rate: Value) -> tuple[Value, ...]:
        return g.Mul(w, rate), g.Sub(1.0, w), g.Add(w, w)

    graph = written(graph_of(build, (2 * B, B, 1, 1), (1,)), BLOCKED_TARGETS[0])
    ranks = {node.op: [value.rank for value in node.inputs] for node in graph.nodes if node.op != "Reshape"}
    assert ranks == {"Mul": [1, 0], "Constant": [], "Sub": [0, 1], "Add": [4, 4]}
    assert_agrees(build, (2 * B, B, 1, 1), (1,), blocked=False)


def test_padding_of_one_axis_is_a_join() -> None:
    def build(g: Builder, x: Value) -> tuple[Value, ...]:
        return g.Pad(x, pads=(0, 1, 0, 2), value=-1.5), g.Pad(x, pads=(1, 1, 0, 0)), g.Pad(x, pads=(0, 0, 0, 0))

    graph = written(graph_of(build, (3, 4)), BLOCKED_TARGETS[0])
    assert sorted(node.op for node in graph.nodes if node.op in ("Concat", "Pad")) == ["Concat", "Pad", "Pad"]
    assert_agrees(build, (3, 4), blocked=False)


def test_a_choice_between_blocked_maps_by_a_plain_mask() -> None:
    """The runtime's reordering takes no truth values."""

    def build(g: Builder, x: Value, w: Value, m: Value) -> Value:
        return g.Where(g.Not(g.Equal(m, 0.0)), g.Conv(x, w, **settings(pad=1)), m)

    assert_agrees(build, (2, B, 5, 5), (B, B, 3, 3), (2, B, 5, 5))


@pytest.mark.parametrize("filters", [B, 6])
def test_truth_values_of_blocked_maps_where_they_are_needed_plain(filters: int) -> None:
    def build(g: Builder, x: Value, w: Value) -> tuple[Value, ...]:
        y = g.Conv(x, w, **settings(pad=1))
        above = g.Reshape(g.And(g.Less(y, 0.5), g.Not(g.LessOrEqual(y, -0.5))), shape=(2, filters * 25))
        whole = g.Cast(g.Mul(y, 8.0), to=DType.INT64)
        sums = g.ReduceSum(g.Mul(whole, 2), axes=(2, 3))
        return g.Cast(above, to=DType.FLOAT32), g.Cast(sums, to=DType.FLOAT32), y

    assert_agrees(build, (2, B, 5, 5), (filters, B, 3, 3))
