"""Every named lowering of every target against float64 arithmetic by definition, and choosing among them by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from here import BLOCKED_TARGETS, TARGETS_HERE
from sessions import session_of
from stages import legalise, simplify

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.verify import verify
from netc.compiler.targets import TARGETS
from netc.grammar.diagnostics import DiagnosticError

Array = np.ndarray[Any, Any]
Ints = tuple[int, ...]


def settings(strides: Ints, pads: Ints, dilations: Ints | None = None, group: int = 1) -> dict[str, Any]:
    return {"strides": strides, "pads": pads, "dilations": dilations or (1,) * len(strides), "group": group}


CONVOLUTIONS: list[tuple[Ints, Ints, dict[str, Any]]] = [
    # x, weights, settings: stride, dilation, uneven padding and sizes, groups, 1x1, one axis and three
    ((2, 3, 6, 5), (4, 3, 3, 3), settings((1, 1), (1, 1, 1, 1))),
    ((2, 2, 8, 7), (3, 2, 3, 2), settings((3, 2), (1, 0, 0, 1))),
    ((1, 2, 9, 8), (2, 2, 3, 3), settings((1, 2), (2, 1, 2, 1), (2, 2))),
    ((2, 4, 5, 5), (6, 2, 3, 3), settings((1, 1), (1, 1, 1, 1), group=2)),
    ((3, 4, 6, 6), (4, 1, 3, 3), settings((2, 2), (1, 1, 1, 1), group=4)),
    ((2, 6, 4, 4), (8, 6, 1, 1), settings((1, 1), (0, 0, 0, 0))),
    ((2, 33, 3, 2), (40, 33, 1, 1), settings((1, 1), (0, 0, 0, 0))),
    ((2, 3, 5, 4), (2, 3, 1, 1), settings((2, 2), (0, 0, 0, 0))),
    ((1, 2, 3, 3), (2, 2, 1, 1), settings((1, 1), (1, 1, 1, 1))),
    ((2, 3, 9), (4, 3, 3), settings((2,), (1, 1))),
    ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), settings((1, 2, 1), (0, 1, 1, 1, 1, 0))),
    # whole blocks of channels and of examples, as the CPU's layout wants them
    ((16, 16, 8, 7), (32, 16, 3, 3), settings((1, 1), (1, 1, 1, 1))),
    ((16, 32, 8, 8), (16, 32, 3, 3), settings((2, 2), (1, 1, 1, 1))),
    ((4, 16, 6, 6), (32, 16, 1, 1), settings((2, 2), (0, 0, 0, 0))),
    # and one filter for each of them
    ((3, 16, 7, 9), (16, 1, 7, 7), settings((1, 1), (3, 3, 3, 3), group=16)),
    ((2, 32, 8, 7), (32, 1, 3, 3), settings((2, 2), (1, 1, 1, 1), group=32)),
    ((2, 16, 9, 9), (16, 1, 3, 2), settings((1, 1), (2, 1, 2, 1), (2, 2), group=16)),
]
POOLS: list[tuple[Ints, Ints, Ints, Ints]] = [
    # x, kernel, strides, pads
    ((2, 3, 6, 8), (2, 2), (2, 2), (0, 0, 0, 0)),
    ((2, 3, 7, 9), (3, 3), (2, 2), (1, 1, 1, 1)),
    ((1, 2, 8, 6), (3, 2), (1, 3), (1, 0, 0, 1)),
    ((2, 2, 9), (3,), (2,), (1, 1)),
    ((2, 16, 8, 8), (3, 3), (2, 2), (0, 0, 0, 0)),
]


def places(x: Ints, y: Ints, kernel: Ints, strides: Ints, dilations: Ints) -> list[tuple[Ints, tuple[slice, ...]]]:
    """For each place of a kernel, the slices of the padded x that its windows read."""
    found = []
    for at in np.ndindex(*kernel):
        starts = [at[i] * dilations[i] for i in range(len(kernel))]
        cut = tuple(slice(start, start + (n - 1) * s + 1, s) for start, n, s in zip(starts, y, strides, strict=True))
        found.append((at, (slice(None), slice(None), *cut)))
    return found


def convolution_gradients(x: Array, w: Array, dy: Array, rest: dict[str, Any]) -> tuple[Array, Array]:
    """dx and dw by their definition, in float64."""
    axes, group = x.ndim - 2, rest["group"]
    around = [(rest["pads"][i], rest["pads"][i + axes]) for i in range(axes)]
    padded = np.pad(x, [(0, 0), (0, 0), *around])
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    slopes = dy.reshape(dy.shape[0], group, -1, *dy.shape[2:])
    weights = w.reshape(group, -1, *w.shape[1:])
    for at, cut in places(x.shape, dy.shape[2:], w.shape[2:], rest["strides"], rest["dilations"]):
        read = padded[cut].reshape(dy.shape[0], group, -1, *dy.shape[2:])
        flat = slopes.reshape(*slopes.shape[:3], -1), read.reshape(*read.shape[:3], -1)
        dw[(slice(None), slice(None), *at)] = np.einsum("ngop,ngcp->goc", *flat).reshape(w.shape[:2])
        back = np.einsum("ngo...,goc->ngc...", slopes, weights[(slice(None), slice(None), slice(None), *at)])
        dx[cut] += back.reshape(padded[cut].shape)
    inner = tuple(slice(begin, begin + x.shape[i + 2]) for i, (begin, _) in enumerate(around))
    return dx[(slice(None), slice(None), *inner)], dw


def pooling_gradient(x: Array, dy: Array, kernel: Ints, strides: Ints, pads: Ints) -> tuple[Array, Array]:
    """The maxima, and the gradient to the first largest place of each window in row-major order, in float64."""
    axes = len(kernel)
    around = [(pads[i], pads[i + axes]) for i in range(axes)]
    padded = np.pad(x, [(0, 0), (0, 0), *around], constant_values=-np.inf)
    cuts = places(x.shape, dy.shape[2:], kernel, strides, (1,) * axes)
    windows = np.stack([padded[cut] for _, cut in cuts])
    first = windows.argmax(axis=0)
    dx = np.zeros_like(padded)
    for number, (_, cut) in enumerate(cuts):
        dx[cut] += np.where(first == number, dy, 0.0)
    inner = tuple(slice(begin, begin + x.shape[i + 2]) for i, (begin, _) in enumerate(around))
    return windows.max(axis=0), dx[(slice(None), slice(None), *inner)]


def convolution(x: Ints, w: Ints, rest: dict[str, Any]) -> Graph:
    """A convolution before, so that a layout has something to lie in, and both gradients at random slopes."""
    graph = Graph("one")
    graph.inputs = [Value("x", DType.FLOAT32, x), Value("w", DType.FLOAT32, w)]
    g = Builder(graph)
    y = g.Conv(*graph.inputs, **rest)
    dy = Value("dy", DType.FLOAT32, y.shape)
    graph.inputs.append(dy)
    dx = g.ConvInputGradient(dy, graph.inputs[1], shape=x[2:], **rest)
    dw = g.ConvWeightGradient(graph.inputs[0], dy, kernel=w[2:], **rest)
    graph.outputs = {"y": y, "dx": dx, "dw": dw}
    return graph


def written(graph: Graph, target: str, *lowerings: str) -> Graph:
    made = simplify(legalise(simplify(graph), target, lowerings))
    verify(made)
    return made


def forced(graph: Graph, target: str, lowering: str) -> Graph | None:
    """The graph with this lowering; None where the compiler says that it doesn't apply."""
    try:
        return written(graph, target, lowering)
    except DiagnosticError as error:
        if error.diagnostics[0].code != "E496":
            raise
        return None


def run(graph: Graph, feeds: dict[str, Array]) -> dict[str, Array]:
    session = session_of(emit(graph).SerializeToString(), without=("Pad_Fusion",))
    wanted = {port.name for port in session.get_inputs()}
    found = session.run(None, {name: array.astype(np.float32) for name, array in feeds.items() if name in wanted})
    return dict(zip([port.name for port in session.get_outputs()], found, strict=True))


def assert_close(found: Array, expected: Array) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=4e-6 * float(np.abs(expected).max()))


def choices(op: str) -> list[tuple[str, str]]:
    return [(target, name) for target in TARGETS_HERE for name in TARGETS[target].names()[op]]


@pytest.mark.quick(3)
@pytest.mark.parametrize(("target", "name"), choices("ConvWeightGradient") + choices("ConvInputGradient"))
def test_gradients_of_convolutions(target: str, name: str) -> None:
    """Each lowering, forced: it gives the gradient, or says that it doesn't apply; it must apply somewhere."""
    op = "ConvWeightGradient" if name in TARGETS[target].names()["ConvWeightGradient"] else "ConvInputGradient"
    taken = 0
    for number, (x, w, rest) in enumerate(CONVOLUTIONS):
        random = np.random.default_rng(number)
        graph = convolution(x, w, rest)
        feeds = {value.name: random.standard_normal(value.shape).astype(np.float32) for value in graph.inputs}
        made = forced(graph, target, f"{op}={name}")
        if made is None:
            continue
        taken += 1
        found = run(made, feeds)
        dx, dw = convolution_gradients(*(feeds[of].astype(np.float64) for of in ("x", "w", "dy")), rest)
        assert_close(found["dw"], dw)
        assert_close(found["dx"], dx)
    everywhere = {"windows", "products", "transposed"} | ({"swapped"} if target not in BLOCKED_TARGETS else set())
    assert taken == len(CONVOLUTIONS) if name in everywhere else taken > 0


@pytest.mark.quick(6)
@pytest.mark.parametrize(("target", "name"), choices("MaxPoolGradient"))
@pytest.mark.parametrize("ties", [False, True])
def test_gradients_of_max_pooling(target: str, name: str, ties: bool) -> None:
    taken = 0
    for number, (shape, kernel, strides, pads) in enumerate(POOLS):
        random = np.random.default_rng(number)
        x = random.integers(0, 3, shape).astype(float) if ties else random.standard_normal(shape)
        graph = Graph("one", [Value("x", DType.FLOAT32, shape)])
        g = Builder(graph)
        window = {"kernel": kernel, "strides": strides, "pads": pads}
        y = g.MaxPool(graph.inputs[0], **window)
        graph.inputs.append(Value("dy", DType.FLOAT32, y.shape))
        blocks = g.Relu(g.Conv(graph.inputs[0], unit(g, shape[1], len(kernel)), **around(len(kernel))))
        pooled = g.MaxPool(blocks, **window)
        gradient = g.MaxPoolGradient(blocks, pooled, graph.inputs[1], **window)
        graph.outputs = {"y": pooled, "dx": gradient}
        feeds = {"x": np.abs(x), "dy": random.standard_normal(y.shape)}
        made = forced(graph, target, f"MaxPoolGradient={name}")
        if made is None:
            continue
        taken += 1
        found = run(made, feeds)
        largest, dx = pooling_gradient(feeds["x"].astype(np.float32), feeds["dy"], kernel, strides, pads)
        assert_close(found["y"], largest)
        assert_close(found["dx"], dx)
    assert taken == len(POOLS) if name not in ("blocked", "fast") else taken > 0


def unit(g: Builder, channels: int, axes: int) -> Value:
    """The weights of a convolution that changes nothing; they bring the CPU's layout to lie in blocks."""
    rows = g.Equal(
        g.constant(range(channels), DType.INT64),
        g.Reshape(g.constant(range(channels), DType.INT64), shape=(channels, 1)),
    )
    return g.Reshape(g.Cast(rows, to=DType.FLOAT32), shape=(channels, channels, *[1] * axes))


def around(axes: int) -> dict[str, Any]:
    return settings((1,) * axes, (0,) * 2 * axes)


def ops(graph: Graph) -> set[str]:
    return {node.op for node in graph.nodes}


def test_several_names_are_tried_in_the_order_given() -> None:
    point, wide = convolution(*CONVOLUTIONS[5]), convolution(*CONVOLUTIONS[0])
    both = ("ConvWeightGradient=pointwise", "ConvWeightGradient=exchanged")
    assert "Slice" not in ops(written(point, "cuda", *both))
    assert [node.op for node in written(wide, "cuda", *both).nodes].count("Conv") == 2
    assert [node.op for node in written(point, "cuda", *reversed(both)).nodes].count("Conv") == 2


def test_forbidding_leaves_the_next_that_applies() -> None:
    graph = convolution(*CONVOLUTIONS[0])
    assert [node.op for node in written(graph, "std").nodes].count("Conv") == 3
    less = written(graph, "std", "ConvWeightGradient=-swapped", "ConvInputGradient=-turned")
    assert [node.op for node in less.nodes].count("Conv") == 1
    assert {"ConvTranspose", "MatMul"} <= ops(less)


def test_a_layout_can_be_kept_from_an_operator_that_onnx_has() -> None:
    graph = convolution(*CONVOLUTIONS[11])
    assert "BlockedConv" in ops(written(graph, "cpu"))
    plain = ("Conv=standard", "ConvInputGradient=transposed", "ConvWeightGradient=windows")
    assert not {op for op in ops(written(graph, "cpu", *plain)) if "Block" in op}
    with pytest.raises(DiagnosticError) as caught:
        written(convolution(*CONVOLUTIONS[9]), "cpu", "Conv=blocked")
    assert caught.value.diagnostics[0].code == "E496"


def test_the_cuda_table_has_no_kernel_as_large_as_a_map() -> None:
    for x, w, rest in CONVOLUTIONS:
        made = written(convolution(x, w, rest), "cuda")
        kernels = [node.inputs[1].shape[2:] for node in made.nodes if node.op == "Conv"]
        assert kernels == [w[2:]]


@pytest.mark.parametrize(
    ("text", "code", "help"),
    [
        ("ConvWeightGradient", "E495", "write `OPERATOR=NAME`, or `OPERATOR=-NAME` to forbid one"),
        ("ConvWeightGradint=windows", "E495", "use `ConvWeightGradient`"),
        ("ConvWeightGradient=window", "E495", "use `windows`"),
        ("ConvWeightGradient=-window", "E495", "use `windows`"),
        ("ConvWeightGradient=strips", "E495", None),
        ("ConvWeightGradient=pointwise", "E496", None),
    ],
)
def test_mistakes(text: str, code: str, help: str | None) -> None:
    with pytest.raises(DiagnosticError) as caught:
        written(convolution(*CONVOLUTIONS[0]), "cuda", text)
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert finding.help
    assert help in (None, finding.help)


def test_forbidding_all_that_applies() -> None:
    names = TARGETS["cuda"].names()["ConvInputGradient"]
    with pytest.raises(DiagnosticError) as caught:
        written(convolution(*CONVOLUTIONS[0]), "cuda", *(f"ConvInputGradient=-{name}" for name in names))
    assert caught.value.diagnostics[0].message == "every lowering that applies to ConvInputGradient is forbidden"
