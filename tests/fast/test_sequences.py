"""Attention and layer normalization of `netc[fast]`, and their gradients, against float64 in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fast_run import Array, assert_close, double, run
from sessions import fast_library

torch = pytest.importorskip("torch")
if fast_library() is None:
    pytest.skip("the library of netc[fast] is not built here", allow_module_level=True)

ATTENTIONS = [
    # examples, length, heads, size of a head
    (2, 128, 4, 64),
    (1, 197, 3, 64),
    (3, 5, 2, 4),
    (1, 1, 1, 1),
    (2, 50, 3, 17),
    (1, 49, 1, 40),
    (1, 300, 2, 33),
]


def attended(packed: Any, heads: int, scale: float, causal: bool) -> Any:
    """By its definition."""
    n, length, width = packed.shape
    q, k, v = packed.reshape(n, length, 3, heads, width // 3 // heads).permute(2, 0, 3, 1, 4)
    scores = scale * q @ k.transpose(2, 3)
    if causal:
        scores = scores + torch.full((length, length), -torch.inf, dtype=torch.float64).triu(1)
    return (scores.softmax(3) @ v).transpose(1, 2).reshape(n, length, width // 3)


@pytest.mark.quick(9)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("n", "length", "heads", "size"), ATTENTIONS)
def test_attention(n: int, length: int, heads: int, size: int, causal: bool, threads: int) -> None:
    random = np.random.default_rng(0)
    packed = double(random.standard_normal((n, length, 3 * heads * size)))
    settings: dict[str, Any] = {"heads": heads, "scale": size**-0.5, "causal": causal}
    expected = attended(packed, **settings)
    dy = random.standard_normal((n, length, heads * size)).astype(np.float32)
    expected.backward(torch.tensor(dy).double())
    given = packed.detach().numpy()
    y, peaks, totals = run("FastAttention", (given,), threads, **settings)
    assert_close(y, expected)
    (dpacked,) = run("FastAttentionGradient", (dy, given, peaks, totals), threads, **settings)
    assert_close(dpacked, packed.grad)


@pytest.mark.parametrize("causal", [False, True])
def test_scores_far_apart(causal: bool) -> None:
    """Exponentials neither overflow nor vanish together: they are taken about the largest score."""
    packed = double(np.random.default_rng(0).standard_normal((1, 70, 3 * 16)))
    settings: dict[str, Any] = {"heads": 2, "scale": 60.0, "causal": causal}
    y, *_ = run("FastAttention", (packed.detach().numpy(),), **settings)
    assert_close(y, attended(packed, **settings), 1e-4)  # a score of 300 has 3e-5 as its last place


def test_later_positions_change_nothing() -> None:
    packed = np.random.default_rng(0).standard_normal((1, 60, 3 * 8)).astype(np.float32)
    changed = packed.copy()
    changed[:, 50:] += 5
    settings: dict[str, Any] = {"heads": 1, "scale": 0.3, "causal": True}
    one, two = (run("FastAttention", (x,), **settings)[0] for x in (packed, changed))
    np.testing.assert_array_equal(one[:, :50], two[:, :50])
    assert (one[:, 50:] != two[:, 50:]).any()


@pytest.mark.quick(18)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("middle", [0.0, 300.0])
@pytest.mark.parametrize(
    "shape", [(16, 128, 64), (3, 5), (7, 1000), (2, 4, 33), (1, 1, 1, 16), (3, 24, 24, 48), (9000, 17)]
)
def test_layer_normalization(shape: tuple[int, ...], middle: float, threads: int) -> None:
    """With means far from zero too."""
    random = np.random.default_rng(0)
    x = double(random.standard_normal(shape) + middle * random.standard_normal((*shape[:-1], 1)))
    scale, bias = (double(random.standard_normal(shape[-1])) for _ in range(2))
    y = torch.nn.functional.layer_norm(x, shape[-1:], scale, bias, 1e-5)
    dy = random.standard_normal(shape).astype(np.float32)
    y.backward(torch.tensor(dy).double())
    given, factor, shift = (value.detach().numpy() for value in (x, scale, bias))
    found, mean, inverse = run("FastLayerNormalization", (given, factor, shift), threads, epsilon=1e-5)
    assert_close(found, y)
    assert_close(mean, x.mean(-1, keepdim=True))
    assert_close(inverse, 1 / (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt())
    dx, dscale, dbias = run("FastLayerNormalizationGradient", (dy, given, factor, mean, inverse), threads)
    assert_close(dx, x.grad)
    assert_close(dscale, scale.grad)
    assert_close(dbias, bias.grad)


def test_threads_do_not_change_a_bit() -> None:
    random = np.random.default_rng(0)
    packed, dy, vector = (random.standard_normal(shape) for shape in ((3, 70, 48), (3, 70, 16), (16,)))
    statistics = np.abs(random.standard_normal((3, 2, 70))) + 9
    rows = random.standard_normal((5000, 16))
    calls: list[tuple[str, tuple[Array, ...], dict[str, Any]]] = [
        ("FastAttention", (packed,), {"heads": 2, "scale": 0.5}),
        ("FastAttentionGradient", (dy, packed, statistics, statistics), {"heads": 2, "scale": 0.5, "causal": True}),
        ("FastLayerNormalization", (rows, vector, vector), {"epsilon": 1e-5}),
        ("FastLayerNormalizationGradient", (rows, rows, vector, rows[:, :1], rows[:, 1:2]), {}),
    ]
    for op, feeds, rest in calls:
        for one, two in zip(run(op, feeds, 1, **rest), run(op, feeds, 2, **rest), strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("examples", [0, 2])
def test_nothing_to_attend_to(examples: int) -> None:
    """An empty batch, and empty sequences."""
    length = 0 if examples else 3
    packed = np.ones((examples, length, 12), np.float32)
    settings: dict[str, Any] = {"heads": 2, "scale": 1.0}
    y, *statistics = run("FastAttention", (packed,), **settings)
    assert y.shape == (examples, length, 4)
    (dpacked,) = run("FastAttentionGradient", (y, packed, *statistics), **settings)
    assert dpacked.shape == packed.shape


def test_no_vectors_to_normalize() -> None:
    x, vector = np.ones((0, 4), np.float32), np.ones(4, np.float32)
    y, *statistics = run("FastLayerNormalization", (x, vector, vector), epsilon=1e-5)
    assert y.shape == x.shape
    dx, dscale, dbias = run("FastLayerNormalizationGradient", (x, x, vector, *statistics))
    assert dx.shape == x.shape
    assert (dscale == 0).all()
    assert (dbias == 0).all()
