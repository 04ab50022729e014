"""Convolution, pooling, normalization and softmax against PyTorch: forward and every gradient, ties included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netc.compiler.ir import DType, Value
from netc.compiler.ops import Sample, all_ops
from netc.compiler.ops.convolution import CASES as CONVOLUTIONS
from netc.compiler.ops.pooling import CASES as POOLS
from netc.compiler.training.gradient import gradients

from .one_operator import Array, assert_close, graph_of, reference, runtime, weighted_loss

torch = pytest.importorskip("torch")
functional = torch.nn.functional


def compare(
    name: str, feeds: dict[str, Array], attributes: dict[str, Any], theirs: Callable[..., Any], *, same: bool = False
) -> None:
    """Our output and gradients, in float64 on onnx.reference and in float32 on ONNX Runtime, against torch's."""
    graph = graph_of(name, Sample(tuple(x.shape for x in feeds.values()), attributes))
    y = graph.outputs["y0"]
    dy = np.random.default_rng(3).integers(-4, 5, y.shape) if same else np.random.default_rng(3).uniform(-1, 1, y.shape)
    graph.inputs.append(weight := Value("dy", DType.FLOAT32, y.shape))
    wrt = graph.inputs[: len(feeds)]
    found = gradients(graph, weighted_loss(graph, [y], [weight]), wrt)
    graph.outputs = {"y": y, **{f"d{value.name}": found[value] for value in wrt}}
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in feeds.values()]
    output = theirs(*tensors)
    output.backward(torch.tensor(dy, dtype=torch.float64))
    expected = [output.detach().numpy(), *(tensor.grad.numpy() for tensor in tensors)]
    given = {**feeds, "dy": dy.astype(np.float64)}
    for exact, single, theirs_ in zip(reference(graph, given), runtime(graph, given), expected, strict=True):
        assert_close(exact, theirs_, 1e-10)
        assert_close(single, theirs_, 2e-6)


def draw(*shapes: tuple[int, ...]) -> dict[str, Array]:
    random = np.random.default_rng(5)
    return {f"x{i}": random.uniform(-1, 1, shape) for i, shape in enumerate(shapes)}


def padded(x: Any, pads: tuple[int, ...], value: float = 0.0) -> Any:
    """x with ONNX's pads (begins, then ends)."""
    axes = len(pads) // 2
    last_first = [pad for axis in reversed(range(axes)) for pad in (pads[axis], pads[axis + axes])]
    return functional.pad(x, last_first, value=value)


@pytest.mark.parametrize("case", range(len(CONVOLUTIONS)))
def test_convolution(case: int) -> None:
    x, w, rest = CONVOLUTIONS[case]
    convolution = getattr(functional, f"conv{len(x) - 2}d")

    def theirs(x: Any, w: Any, bias: Any) -> Any:
        return convolution(
            padded(x, rest["pads"]), w, bias, stride=rest["strides"], dilation=rest["dilations"], groups=rest["group"]
        )

    compare("Conv", draw(x, w, (w[0],)), rest, theirs)


@pytest.mark.quick(7)
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("case", range(len(POOLS)))
def test_max_pool(case: int, ties: bool) -> None:
    shape, rest = POOLS[case]
    pool = getattr(functional, f"max_pool{len(shape) - 2}d")

    def theirs(x: Any) -> Any:
        return pool(padded(x, rest["pads"], -np.inf), rest["kernel"], rest["strides"])

    feeds = draw(shape)
    if ties:
        feeds = {"x0": np.random.default_rng(9).integers(0, 3, shape).astype(np.float64)}
    compare("MaxPool", feeds, rest, theirs, same=ties)


@pytest.mark.parametrize("case", range(len(POOLS)))
def test_max_pool_of_equal_numbers(case: int) -> None:
    shape, rest = POOLS[case]
    pool = getattr(functional, f"max_pool{len(shape) - 2}d")

    def theirs(x: Any) -> Any:
        return pool(padded(x, rest["pads"], -np.inf), rest["kernel"], rest["strides"])

    compare("MaxPool", {"x0": np.full(shape, -5.0)}, rest, theirs)


@pytest.mark.quick(4)
@pytest.mark.parametrize("case", range(len(POOLS)))
def test_average_pool(case: int) -> None:
    shape, rest = POOLS[case]
    pool = getattr(functional, f"avg_pool{len(shape) - 2}d")
    size = int(np.prod(rest["kernel"]))

    def theirs(x: Any) -> Any:
        inside = pool(padded(torch.ones_like(x), rest["pads"]), rest["kernel"], rest["strides"]) * size
        return pool(padded(x, rest["pads"]), rest["kernel"], rest["strides"]) * size / inside

    compare("AveragePool", draw(shape), {**rest, "count_include_pad": False}, theirs)
    compare(
        "AveragePool",
        draw(shape),
        {**rest, "count_include_pad": True},
        lambda x: pool(padded(x, rest["pads"]), rest["kernel"], rest["strides"]),
    )


@pytest.mark.parametrize("one", all_ops()["BatchNormalizationTraining"].samples)
def test_batch_normalization(one: Sample) -> None:
    feeds = draw(*one.shapes)
    compare(
        "BatchNormalizationTraining",
        feeds,
        {"epsilon": 1e-3},
        lambda x, scale, bias: functional.batch_norm(x, None, None, scale, bias, training=True, eps=1e-3),
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax(axis: int) -> None:
    compare("Softmax", draw((3, 4, 5)), {"axis": axis}, lambda x: functional.softmax(x, axis))
    compare("LogSoftmax", draw((3, 4, 5)), {"axis": axis}, lambda x: functional.log_softmax(x, axis))


@pytest.mark.parametrize(
    ("name", "attributes", "theirs"),
    [
        ("Relu", {}, torch.relu),
        ("LeakyRelu", {"alpha": 0.125}, lambda x: functional.leaky_relu(x, 0.125)),
        ("Abs", {}, torch.abs),
        ("Sigmoid", {}, torch.sigmoid),
        ("Tanh", {}, torch.tanh),
        ("HardSigmoid", {"alpha": 1.0, "beta": 0.5}, lambda x: torch.clamp(x + 0.5, 0, 1)),
        ("Clip", {"low": -1.0, "high": 2.0}, lambda x: torch.clamp(x, -1, 2)),
        ("Clip", {"low": -1.0, "high": 2.0, "bounds_pass": False}, lambda x: functional.hardtanh(x, -1, 2)),
        ("ReduceMax", {"axes": (1,)}, lambda x: torch.amax(x, 1)),
        ("ReduceMin", {"axes": (0, 1), "keepdims": True}, lambda x: torch.amin(x, (0, 1), keepdim=True)),
    ],
)
def test_kinks_and_ties(name: str, attributes: dict[str, Any], theirs: Callable[..., Any]) -> None:
    compare(name, {"x0": np.array([[0.0, -1.0, 2.0, 2.0], [0.0, 0.0, -1.0, -1.0]])}, attributes, theirs)


@pytest.mark.parametrize(("name", "theirs"), [("Max", torch.maximum), ("Min", torch.minimum)])
def test_ties_of_two(name: str, theirs: Callable[..., Any]) -> None:
    compare(name, {"x0": np.array([1.0, 2.0, 3.0]), "x1": np.array([1.0, 3.0, 2.0])}, {}, theirs)


@pytest.mark.parametrize(
    ("x", "w", "rest"),
    [
        ((2, 4, 5), (4, 2, 3), {"strides": (2,), "pads": (1, 1), "dilations": (2,), "group": 2,
                                "output_padding": (1,)}),
        ((1, 3, 4, 5), (3, 2, 3, 2), {"strides": (3, 2), "pads": (1, 0, 1, 0), "dilations": (1, 2), "group": 1,
                                      "output_padding": (2, 1)}),
        ((1, 4, 3, 3), (4, 1, 3, 3), {"strides": (1, 1), "pads": (1, 1, 1, 1), "dilations": (1, 1), "group": 4,
                                      "output_padding": (0, 0)}),
    ],
)  # fmt: skip
def test_transposed_convolution(x: tuple[int, ...], w: tuple[int, ...], rest: dict[str, Any]) -> None:
    axes = len(rest["strides"])
    transposed = getattr(functional, f"conv_transpose{axes}d")

    def theirs(x: Any, w: Any) -> Any:
        pads, more = rest["pads"][:axes], rest["output_padding"]
        return transposed(x, w, None, rest["strides"], pads, more, rest["group"], rest["dilations"])

    compare("ConvTranspose", draw(x, w), rest, theirs)


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_softmax_of_large_numbers(name: str) -> None:
    x = np.array([[3e4, -3e4, 0.0], [88.0, 89.0, 90.0], [1e-30, 0.0, -1e30]])
    graph = graph_of(name, Sample((x.shape,), {"axis": 1}))
    graph.inputs.append(weight := Value("dy", DType.FLOAT32, x.shape))
    found = gradients(graph, weighted_loss(graph, [graph.outputs["y0"]], [weight]), graph.inputs[:1])
    graph.outputs["dx"] = found[graph.inputs[0]]
    dy = np.array([[1.0, -2.0, 0.5]] * 3)
    single = torch.tensor(x.astype(np.float32), requires_grad=True)
    output = functional.softmax(single, 1) if name == "Softmax" else functional.log_softmax(single, 1)
    output.backward(torch.tensor(dy, dtype=torch.float32))
    y, dx = runtime(graph, {"x0": x, "dy": dy})
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(dx, single.grad.numpy(), rtol=1e-5, atol=1e-6)
