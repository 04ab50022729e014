"""Each operator of `netc[fast]` on its own against float64 in PyTorch, with blocks of 16 and of 8 channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fast_run import Array, assert_close, double, run
from sessions import fast_library

from netc.compiler.targets.fast.chains import CODES

torch = pytest.importorskip("torch")
if fast_library() is None:
    pytest.skip("the library of netc[fast] is not built here", allow_module_level=True)

BLOCKS = (16, 8)


def lying(x: Array, block: int) -> Array:
    """A map as it lies in blocks, under its own shape."""
    n, c, h, w = x.shape
    return np.ascontiguousarray(x.reshape(n, c // block, block, h, w).transpose(0, 1, 3, 4, 2)).reshape(x.shape)


def standing(x: Array, block: int) -> Array:
    n, c, h, w = x.shape
    return np.ascontiguousarray(x.reshape(n, c // block, h, w, block).transpose(0, 1, 4, 2, 3)).reshape(x.shape)


CONVOLUTIONS = [
    # examples, channels, filters, height, width, kernel, stride, pad, dilation
    (3, 16, 32, 9, 7, (3, 3), 1, 1, 1),
    (2, 32, 16, 8, 8, (3, 3), 1, 2, 2),
    (2, 16, 16, 17, 23, (3, 3), 2, 1, 1),
    (2, 48, 80, 6, 5, (1, 1), 1, 0, 1),
    (3, 32, 16, 9, 10, (1, 1), 2, 0, 1),
    (2, 16, 16, 11, 30, (5, 2), 3, 2, 1),
    (1, 16, 16, 4, 4, (4, 4), 4, 0, 1),
    (70, 16, 16, 2, 2, (3, 3), 1, 1, 1),
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(("n", "c", "o", "h", "w", "kernel", "stride", "pad", "dilation"), CONVOLUTIONS)
def test_gradients_of_convolutions(
    n: int, c: int, o: int, h: int, w: int, kernel: tuple[int, int], stride: int, pad: int, dilation: int, block: int
) -> None:
    random = np.random.default_rng(0)
    x, weights, bias = (
        double(random.standard_normal((n, c, h, w))),
        double(random.standard_normal((o, c, *kernel))),
        double(np.zeros(o)),
    )
    y = torch.nn.functional.conv2d(x, weights, bias, stride, pad, dilation)
    dy = random.standard_normal(tuple(y.shape)).astype(np.float32)
    y.backward(torch.tensor(dy).double())
    rest: dict[str, Any] = {
        "strides": (stride,) * 2, "pads": (pad,) * 4, "dilations": (dilation,) * 2, "block": block,
    }  # fmt: skip
    given = lying(dy, block), lying(x.detach().numpy(), block)
    dw, dbias = run("FastConvWeightGradient", given, kernel=kernel, **rest)
    assert_close(dw, weights.grad)
    assert_close(dbias, bias.grad)
    (dx,) = run("FastConvInputGradient", (lying(dy, block), weights.detach().numpy()), size=(h, w), **rest)
    assert_close(standing(dx, block), x.grad)


DEPTHWISE = [
    # examples, channels, height, width, kernel, stride, pad, dilation
    (3, 16, 9, 7, (3, 3), 1, 1, 1),
    (2, 32, 14, 15, (7, 7), 1, 3, 1),
    (2, 16, 17, 24, (3, 3), 2, 1, 1),
    (40, 16, 3, 3, (5, 5), 2, 2, 1),
    (2, 48, 12, 13, (4, 2), 3, 0, 2),
    (1, 16, 5, 31, (2, 17), 1, 8, 1),
    (2, 16, 6, 5, (1, 1), 1, 0, 1),
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(("n", "c", "h", "w", "kernel", "stride", "pad", "dilation"), DEPTHWISE)
def test_gradients_of_depthwise_convolutions(
    n: int, c: int, h: int, w: int, kernel: tuple[int, int], stride: int, pad: int, dilation: int, block: int
) -> None:
    random = np.random.default_rng(0)
    x, weights, bias = (
        double(random.standard_normal((n, c, h, w))),
        double(random.standard_normal((c, 1, *kernel))),
        double(np.zeros(c)),
    )
    y = torch.nn.functional.conv2d(x, weights, bias, stride, pad, dilation, groups=c)
    dy = random.standard_normal(tuple(y.shape)).astype(np.float32)
    y.backward(torch.tensor(dy).double())
    rest: dict[str, Any] = {
        "strides": (stride,) * 2, "pads": (pad,) * 4, "dilations": (dilation,) * 2, "block": block,
    }  # fmt: skip
    given = lying(dy, block), lying(x.detach().numpy(), block)
    dw, dbias = run("FastDepthwiseWeightGradient", given, kernel=kernel, **rest)
    assert_close(dw, weights.grad)
    assert_close(dbias, bias.grad)
    (dx,) = run("FastDepthwiseInputGradient", (given[0], weights.detach().numpy()), size=(h, w), **rest)
    assert_close(standing(dx, block), x.grad)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize(
    ("c", "kernel", "stride", "pad", "dilation"),
    [(1, 5, 1, 2, 1), (3, 7, 2, 3, 1), (3, 11, 4, 2, 1), (6, 5, 1, 0, 1), (2, 3, 1, 2, 2), (1, 13, 1, 6, 1)],
)
def test_weight_gradient_of_few_channels(c: int, kernel: int, stride: int, pad: int, dilation: int, block: int) -> None:
    random = np.random.default_rng(0)
    x, weights = double(random.standard_normal((3, c, 31, 29))), double(random.standard_normal((16, c, kernel, kernel)))
    bias = double(np.zeros(16))
    y = torch.nn.functional.conv2d(x, weights, bias, stride, pad, dilation)
    dy = random.standard_normal(tuple(y.shape)).astype(np.float32)
    y.backward(torch.tensor(dy).double())
    dw, dbias = run(
        "FastConvWeightGradient", (lying(dy, block), x.detach().numpy()), plain=True, kernel=(kernel,) * 2,
        strides=(stride,) * 2, pads=(pad,) * 4, dilations=(dilation,) * 2, block=block,
    )  # fmt: skip
    assert_close(dw, weights.grad)
    assert_close(dbias, bias.grad)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    ("shape", "plain"),
    [((3, 32, 5, 7), 0), ((40, 16, 1, 1), 0), ((2, 16, 40, 33), 0), ((3, 5, 4, 12), 1), ((2, 3, 128, 72), 1)],
)
def test_batch_normalization(shape: tuple[int, ...], plain: int, relu: bool, block: int) -> None:
    """With means far from zero too: the variance is taken about the mean."""

    def put(x: Array) -> Array:
        return x if plain else lying(x, block)

    def back(x: Array) -> Array:
        return x if plain else standing(x, block)

    random = np.random.default_rng(0)
    x = double(random.standard_normal(shape) * 0.5 + 30 * random.standard_normal((1, shape[1], 1, 1)))
    scale, bias = double(random.standard_normal(shape[1])), double(random.standard_normal(shape[1]))
    y = torch.nn.functional.batch_norm(x, None, None, scale, bias, training=True, eps=1e-5)
    values = [value.detach().numpy() for value in (scale, bias)]
    rest: dict[str, Any] = {"epsilon": 1e-5, "relu": relu, "plain": plain, "block": block}
    found, mean, variance = run("FastBatchNormalization", (put(x.detach().numpy()), *values), **rest)
    assert_close(back(found), y.relu() if relu else y, 3e-5)
    assert_close(mean, x.mean((0, 2, 3)))
    assert_close(variance, x.var((0, 2, 3), correction=0), 1e-5)
    dy = random.standard_normal(shape).astype(np.float32)
    open_places = back(found) > 0 if relu else np.ones(shape)  # as the forward pass found them
    y.backward(torch.tensor(dy * open_places).double())
    given = put(dy), put(x.detach().numpy()), *values, mean, variance
    dx, dscale, dbias = run("FastBatchNormalizationGradient", given, **rest)
    assert_close(back(dx), x.grad, 3e-5)
    assert_close(dscale, scale.grad, 3e-5)
    assert_close(dbias, bias.grad)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "size"),
    [(2, 2, 0, 8), (2, 2, 0, 9), (2, 1, 1, 7), (3, 2, 1, 8), (3, 3, 0, 9), (3, 2, 0, 8), (5, 3, 2, 12)],
)
def test_max_pooling_with_ties(kernel: int, stride: int, pad: int, size: int, relu: bool, block: int) -> None:
    random = np.random.default_rng(0)
    x = torch.tensor(random.integers(-2, 3, (2, 32, size, size + 1)).astype(np.float32), requires_grad=True)
    y = torch.nn.functional.max_pool2d(x, kernel, stride, pad)
    dy = random.standard_normal(tuple(y.shape)).astype(np.float32)
    (y.relu() if relu else y).backward(torch.tensor(dy))
    (dx,) = run(
        "FastMaxPoolGradient", (lying(dy, block), lying(x.detach().numpy(), block)), kernel=(kernel,) * 2,
        strides=(stride,) * 2, pads=(pad,) * 4, relu=relu, block=block,
    )  # fmt: skip
    assert_close(standing(dx, block), x.grad, 1e-6)


NUMPY = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide, "Max": np.maximum, "Min": np.minimum,
    "Neg": lambda a, b: -a, "Sqrt": lambda a, b: np.sqrt(a), "Reciprocal": lambda a, b: 1 / a,
    "Relu": lambda a, b: np.maximum(a, 0), "Positive": lambda a, b: (a > 0).astype(np.float32),
    "Tanh": lambda a, b: np.tanh(a), "Erf": lambda a, b: torch.erf(torch.tensor(a)).numpy(),
    "Exp": lambda a, b: np.exp(a),
}  # fmt: skip
ROUNDED = {"Tanh": 4e-7, "Erf": 4e-7, "Exp": 3e-7}
"""How far, in parts, what is no operation of a processor may be from the nearest number of float32."""


@pytest.mark.parametrize("code", range(len(CODES)))
@pytest.mark.parametrize("size", [1, 7, 1025, 70_000])
def test_each_elementwise_operation(code: int, size: int) -> None:
    random = np.random.default_rng(code)
    a, b = (random.standard_normal(size).astype(np.float32) for _ in range(2))
    if CODES[code] == "Sqrt":
        a = np.abs(a)
    (found,) = run("FastElementwise", (a, b), steps=(code, 0, 1), results=(2,))
    expected = NUMPY[CODES[code]](a.astype(np.float64), b.astype(np.float64))
    if CODES[code] not in ROUNDED:
        expected = NUMPY[CODES[code]](a, b)
    np.testing.assert_allclose(found, expected.astype(np.float32), rtol=ROUNDED.get(CODES[code], 0), atol=0)


@pytest.mark.parametrize("name", ROUNDED)
def test_functions_far_out_and_close_to_zero(name: str) -> None:
    parts = np.geomspace(1e-30, 1e30, 2001).astype(np.float32)
    ends = np.array([0, -0.0, np.inf, -np.inf, np.nan, 88.7, -87.3, -103.9], np.float32)
    x = np.concatenate([parts, -parts, np.linspace(-10, 10, 4001, dtype=np.float32), ends])
    (found,) = run("FastElementwise", (x,), steps=(CODES.index(name), 0, 0), results=(1,))
    with np.errstate(over="ignore", under="ignore"):
        expected = NUMPY[name](x.astype(np.float64), x).astype(np.float32)
    np.testing.assert_allclose(found, expected, rtol=ROUNDED[name], atol=1e-44)


@pytest.mark.parametrize("name", ["Tanh", "Erf"])
def test_no_function_passes_its_bounds(name: str) -> None:
    x = np.linspace(-12, 12, 300_001, dtype=np.float32)
    (found,) = run("FastElementwise", (x,), steps=(CODES.index(name), 0, 0), results=(1,))
    assert np.abs(found).max() == 1


def test_every_operation_has_its_oracle() -> None:
    assert NUMPY.keys() == set(CODES)


def test_a_chain_of_more_than_the_caches_hold() -> None:
    """Results of 16 MB and more are written past the caches; a number is read for all elements."""
    size = (1 << 22) + 5
    random = np.random.default_rng(0)
    w, g, m = (random.standard_normal(size).astype(np.float32) for _ in range(3))
    rate = np.float32(0.1)
    velocity = m * np.float32(0.9) + g
    found = run(
        "FastElementwise", (w, g, m, np.asarray(rate)), constants=(0.9,), results=(8, 6),
        steps=(2, 2, 4, 0, 5, 1, 2, 6, 3, 1, 0, 7),
    )  # fmt: skip
    np.testing.assert_array_equal(found[0], w - velocity * rate)
    np.testing.assert_array_equal(found[1], velocity)


def test_threads_do_not_change_a_bit() -> None:
    random = np.random.default_rng(0)
    x, dy = random.standard_normal((9, 16, 20, 20)), random.standard_normal((9, 32, 20, 20))
    ones = np.ones(16)
    calls: list[tuple[str, tuple[Array, ...], dict[str, Any]]] = [
        ("FastConvWeightGradient", (dy, x), {
            "kernel": (3, 3), "strides": (1, 1), "pads": (1,) * 4, "dilations": (1, 1), "block": 16,
        }),
        ("FastDepthwiseWeightGradient", (x, x), {
            "kernel": (3, 3), "strides": (1, 1), "pads": (1,) * 4, "dilations": (1, 1), "block": 16,
        }),
        ("FastBatchNormalization", (x, ones, ones), {"epsilon": 1e-5, "block": 16}),
        ("FastBatchNormalization", (x, ones, ones), {"epsilon": 1e-5, "plain": True, "block": 16}),
    ]  # fmt: skip
    for op, feeds, rest in calls:
        for one, two in zip(run(op, feeds, 1, **rest), run(op, feeds, 2, **rest), strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("shape", [(32, 16, 3, 3), (16, 48, 1, 1), (16, 16, 2, 5)])
def test_blocked_weights(shape: tuple[int, ...], turned: bool, block: int) -> None:
    o, i, *kernel = shape
    w = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    found = run("FastBlockedWeights", (w,), turned=turned, block=block)
    parts = w.reshape(o // block, block, i // block, block, *kernel)
    expected = [parts.transpose(0, 2, 4, 5, 3, 1), parts[..., ::-1, ::-1].transpose(2, 0, 4, 5, 1, 3)]
    assert len(found) == 1 + turned
    for array, lying_so in zip(found, expected, strict=False):
        np.testing.assert_array_equal(array.ravel(), lying_so.ravel())
