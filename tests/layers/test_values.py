"""What layers compute, in ONNX Runtime, against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.layers.base import layer

torch = pytest.importorskip("torch")
F = torch.nn.functional

rng = np.random.default_rng(0)


def array(*shape):
    return rng.normal(size=shape).astype(np.float32)


UNARY = [
    ("relu", {}, F.relu),
    ("leaky_relu", {"slope": 0.2}, lambda x: F.leaky_relu(x, 0.2)),
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    ("identity", {}, lambda x: x),
    ("abs", {}, torch.abs),
    ("exp", {}, torch.exp),
    ("softmax", {}, lambda x: x.softmax(-1)),
    ("softmax", {"axis": 0}, lambda x: x.softmax(1)),
    ("maxpool", {"kernel": 2}, lambda x: F.max_pool2d(x, 2)),
    ("maxpool", {"kernel": [3, 2], "stride": [2, 1], "pad": [1, 0]}, lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0))),
    ("avgpool", {"kernel": 3, "stride": 2, "pad": 1}, lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)),
    ("avgpool", {"kernel": 3, "pad": 1, "count_pad": True}, lambda x: F.avg_pool2d(x, 3, 3, 1)),
    ("avgpool", {"kernel": 2, "pad": "same"}, lambda x: F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)),
    ("maxpool", {"kernel": 2, "pad": "same"}, lambda x: F.max_pool2d(x, 2, 2, ceil_mode=True)),
    ("maxpool", {"kernel": 3, "stride": 1, "pad": "same"}, lambda x: F.max_pool2d(x, 3, 1, 1)),
    ("global_avgpool", {}, lambda x: x.mean((2, 3))),
    ("flatten", {}, lambda x: x.flatten(1)),
    ("flatten", {"from_": 1}, lambda x: x.flatten(2)),
    ("reshape", {"shape": [-1, 4]}, lambda x: x.reshape(2, -1, 4)),
    ("transpose", {}, lambda x: x.transpose(2, 3)),
    ("transpose", {"axes": [2, 0, 1]}, lambda x: x.permute(0, 3, 1, 2)),
    ("slice", {"start": -7, "stop": -1, "axis": 1, "step": 2}, lambda x: x[:, :, -7:-1:2]),
    (
        "normalize", {"mean": [0.1, 0.2, 0.3], "std": [1, 2, 4]},
        lambda x: (x - torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) / torch.tensor([1.0, 2, 4]).view(3, 1, 1),
    ),
    ("dropout", {"rate": 0.7}, lambda x: x),
]  # fmt: skip


@pytest.mark.parametrize(("word", "given", "expected"), UNARY, ids=[f"{word}{i}" for i, (word, *_) in enumerate(UNARY)])
def test_value(bench, word, given, expected):
    x = array(2, 3, 9, 8)
    y = bench.run(bench.apply(word, bench.input("x", 3, 9, 8), **given), {"x": x})
    np.testing.assert_allclose(y, expected(torch.from_numpy(x)).numpy(), rtol=1e-5, atol=1e-6)


def test_every_layer_is_compared():
    elsewhere = {"conv", "dense", "batchnorm", "add", "mul", "concat", "matmul", "parameter", "zeros"}
    assert {word for word, *_ in UNARY} | elsewhere == set(layer.all())


CONVOLUTIONS = [
    ((3, 9), {"kernel": 3, "stride": 2, "pad": 1}, lambda x, w, b: F.conv1d(x, w, b, 2, 1)),
    ((4, 9, 8), {"kernel": [3, 2], "dilation": 2, "groups": 2}, lambda x, w, b: F.conv2d(x, w, b, 1, 0, 2, 2)),
    ((4, 9, 8), {"kernel": 3, "pad": [[0, 1], [2, 0]]}, lambda x, w, b: F.conv2d(F.pad(x, (2, 0, 0, 1)), w, b)),
    ((4, 9, 8), {"kernel": 4, "pad": "same"}, lambda x, w, b: F.conv2d(F.pad(x, (1, 2, 1, 2)), w, b)),
    ((4, 9, 8), {"kernel": 3, "stride": 2, "pad": "same"}, lambda x, w, b: F.conv2d(F.pad(x, (0, 1, 1, 1)), w, b, 2)),
    ((2, 5, 6, 7), {"kernel": [1, 2, 3]}, lambda x, w, b: F.conv3d(x, w, b)),
]


@pytest.mark.parametrize(("sizes", "given", "expected"), CONVOLUTIONS)
def test_conv(bench, sizes, given, expected):
    y = bench.apply("conv", bench.input("x", *sizes), filters=4, **given)
    feeds = {"x": array(2, *sizes)} | {name: array(*item.value.shape) for name, item in bench.parameters.items()}
    wanted = expected(*(torch.from_numpy(feeds[name]) for name in ("x", "weight", "bias"))).numpy()
    np.testing.assert_allclose(bench.run(y, feeds), wanted, rtol=1e-4, atol=1e-5)


def test_dense(bench):
    y = bench.apply("dense", bench.input("x", 5, 6), features=4)
    feeds = {"x": array(2, 5, 6), "weight": array(4, 6), "bias": array(4)}
    wanted = F.linear(*(torch.from_numpy(feeds[name]) for name in ("x", "weight", "bias"))).numpy()
    np.testing.assert_allclose(bench.run(y, feeds), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", [(4,), (4, 5), (4, 5, 6)])
def test_batchnorm_uses_the_running_statistics(bench, sizes):
    y = bench.apply("batchnorm", bench.input("x", *sizes), epsilon=1e-3)
    feeds = {"x": array(2, *sizes), "weight": array(4), "bias": array(4), "running_mean": array(4)}
    feeds["running_var"] = np.abs(array(4)) + 0.5
    names = ("x", "running_mean", "running_var", "weight", "bias")
    wanted = F.batch_norm(*(torch.from_numpy(feeds[name]) for name in names), eps=1e-3).numpy()
    np.testing.assert_allclose(bench.run(y, feeds), wanted, rtol=1e-4, atol=1e-5)


def test_batchnorm_without_scale_and_shift(bench):
    y = bench.apply("batchnorm", bench.input("x", 4, 5), scale=False, shift=False)
    feeds = {"x": array(2, 4, 5), "running_mean": array(4), "running_var": np.abs(array(4)) + 0.5}
    wanted = F.batch_norm(*(torch.from_numpy(feeds[name]) for name in ("x", "running_mean", "running_var"))).numpy()
    np.testing.assert_allclose(bench.run(y, feeds), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize(
    ("word", "a", "b", "expected"),
    [
        ("add", (3, 4), (3, 4), lambda a, b: a + b),
        ("mul", (3, 4), (3, 4), lambda a, b: a * b),
        ("mul", (3, 4, 5), (3,), lambda a, b: a * b[:, None, None]),
        ("mul", (3, 4, 1), (3, 1, 5), lambda a, b: a * b),
        ("concat", (3, 4), (2, 4), lambda a, b: np.concatenate([a, b])),
        ("matmul", (3, 4), (4, 5), np.matmul),
        ("matmul", (3, 4), (4,), np.matmul),
        ("matmul", (4,), (4, 5), np.matmul),
        ("matmul", (4,), (4,), np.matmul),
        ("matmul", (2, 3, 4), (4, 5), np.matmul),
        ("matmul", (4,), (2, 4, 5), np.matmul),
    ],
)
def test_merge(bench, word, a, b, expected, batched):
    """Each example alone is what numpy makes of it; a value without a batch is the same for every example."""
    x = bench.input("a", *a)
    y = bench.input("b", *b) if batched else bench.bare("b", *b)
    feeds = {"a": array(2, *a), "b": array(2, *b) if batched else array(*b)}
    found = bench.run(bench.apply(word, x, y), feeds)
    for i in range(2):
        wanted = expected(feeds["a"][i], feeds["b"][i] if batched else feeds["b"])
        np.testing.assert_allclose(found[i], wanted, rtol=1e-5, atol=1e-6)


def test_zeros(bench):
    x = bench.input("x", 3, 4)
    y = bench.apply("concat", x, bench.apply("zeros", shape=[2, 4]))
    assert (bench.run(y, {"x": array(2, 3, 4)})[:, 3:] == 0).all()
