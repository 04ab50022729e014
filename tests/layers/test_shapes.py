"""Each layer's output shape and parameters, against PyTorch's rules worked out by hand."""

from __future__ import annotations

import pytest

from netc.compiler.ir import Dim
from netc.compiler.layers.base import language_shape, layer

CASES = [
    ("conv", (1, 28, 28), {"filters": 32, "kernel": [3, 3]}, (32, 26, 26)),
    ("conv", (1, 28, 28), {"filters": 32, "kernel": 3, "pad": "same"}, (32, 28, 28)),
    ("conv", (3, 224, 224), {"filters": 64, "kernel": 7, "stride": 2, "pad": 3}, (64, 112, 112)),
    ("conv", (3, 7, 7), {"filters": 4, "kernel": 2, "stride": 2, "pad": "same"}, (4, 4, 4)),
    ("conv", (3, 32, 32), {"filters": 4, "kernel": [3, 5], "pad": [1, 2]}, (4, 32, 32)),
    ("conv", (3, 32, 32), {"filters": 4, "kernel": 3, "pad": [[0, 1], [2, 0]]}, (4, 31, 32)),
    ("conv", (3, 32, 32), {"filters": 4, "kernel": 3, "dilation": 2}, (4, 28, 28)),
    ("conv", (8, 100), {"filters": 4, "kernel": 5, "stride": 2}, (4, 48)),
    ("conv", (2, 8, 9, 10), {"filters": 4, "kernel": [1, 2, 3]}, (4, 8, 8, 8)),
    ("conv", (8, 9, 9), {"filters": 16, "kernel": 3, "groups": 8}, (16, 7, 7)),
    ("maxpool", (8, 9, 9), {"kernel": 2}, (8, 4, 4)),
    ("maxpool", (8, 9, 9), {"kernel": 3, "stride": 1, "pad": "same"}, (8, 9, 9)),
    ("maxpool", (8, 9), {"kernel": 3, "stride": 2, "pad": 1}, (8, 5)),
    ("avgpool", (512, 14, 14), {"kernel": 5, "stride": 3}, (512, 4, 4)),
    ("global_avgpool", (512, 7, 7), {}, (512,)),
    ("global_avgpool", (512, 7), {}, (512,)),
    ("flatten", (64, 7, 7), {}, (3136,)),
    ("flatten", (64, 7, 7), {"from_": 1}, (64, 49)),
    ("flatten", (64, 7, 7), {"from_": -2}, (64, 49)),
    ("flatten", (), {}, (1,)),
    ("reshape", (1024,), {"shape": [64, 4, 4]}, (64, 4, 4)),
    ("reshape", (8, 6), {"shape": [4, -1]}, (4, 12)),
    ("transpose", (512, 49), {}, (49, 512)),
    ("transpose", (2, 3, 4), {}, (2, 4, 3)),
    ("transpose", (2, 3, 4), {"axes": [1, 2, 0]}, (3, 4, 2)),
    ("slice", (10, 4), {"start": 2, "stop": 7}, (5, 4)),
    ("slice", (10, 4), {"start": -3}, (3, 4)),
    ("slice", (10, 4), {"start": 1, "stop": -1, "axis": 1}, (10, 2)),
    ("slice", (10, 4), {"start": 0, "step": 3}, (4, 4)),
    ("batchnorm", (8, 5, 5), {}, (8, 5, 5)),
    ("batchnorm", (8,), {}, (8,)),
    ("normalize", (3, 5, 5), {"mean": [0.4, 0.5, 0.6], "std": 0.2}, (3, 5, 5)),
    ("dropout", (8, 5), {"rate": 0.3}, (8, 5)),
    ("softmax", (8, 5), {}, (8, 5)),
    ("dense", (8,), {"features": 3}, (3,)),
    ("dense", (8, 5), {"features": 3}, (8, 3)),
] + [
    (word, (8, 5), {}, (8, 5)) for word in ("relu", "leaky_relu", "sigmoid", "tanh", "identity", "abs", "exp")
]  # fmt: skip


@pytest.mark.parametrize(("word", "sizes", "given", "expected"), CASES)
def test_shape(bench, word, sizes, given, expected):
    assert bench.shape(word, *sizes, **given) == expected


def test_every_layer_has_a_case():
    merges = {"add", "mul", "concat", "matmul", "parameter", "zeros"}
    assert {word for word, *_ in CASES} | merges == set(layer.all())


def test_symbolic_sizes_flow_through(bench):
    H, W = Dim.symbol("H", divisor=2), Dim.symbol("W", divisor=2)
    assert bench.shape("conv", 3, H, W, filters=8, kernel=3, pad="same") == (8, H, W)
    assert bench.shape("maxpool", 3, H, W, kernel=2) == (3, H // 2, W // 2)
    assert bench.shape("conv", 3, H, W, filters=8, kernel=3, stride=2, pad="same") == (8, H // 2, W // 2)
    assert bench.shape("flatten", 3, H, W, from_=1) == (3, H * W)
    assert bench.shape("global_avgpool", 3, H, W) == (3,)
    assert bench.shape("slice", H, 3, start=1) == (H - 1, 3)


def test_conv_parameters(bench):
    bench.shape("conv", 8, 9, 9, filters=16, kernel=[3, 5], groups=4)
    assert {name: item.value.shape for name, item in bench.parameters.items()} == {
        "weight": (16, 2, 3, 5),
        "bias": (16,),
    }
    weight = bench.parameters["weight"]
    assert weight.initial.kind == "uniform"
    assert weight.initial.value == pytest.approx((6 / 30) ** 0.5)
    assert bench.parameters["bias"].initial.value == 0.0


def test_batchnorm_parameters(bench):
    bench.shape("batchnorm", 8, 9, 9)
    found = {name: (item.buffer, item.trainable, item.initial.value) for name, item in bench.parameters.items()}
    assert found == {
        "weight": (False, True, 1.0),
        "bias": (False, True, 0.0),
        "running_mean": (True, False, 0.0),
        "running_var": (True, False, 1.0),
    }


def test_batchnorm_without_scale_and_shift(bench):
    bench.shape("batchnorm", 8, 9, 9, scale=False, shift=False)
    assert list(bench.parameters) == ["running_mean", "running_var"]


def test_parameter(bench):
    value = bench.apply("parameter", shape=[1, 768])
    assert value.shape == (1, 768)
    assert bench.parameters["weight"].initial.kind == "normal"


def test_parameter_filled(bench):
    bench.apply("parameter", shape=[4], value=1.0)
    assert (bench.parameters["weight"].initial.kind, bench.parameters["weight"].initial.value) == ("constant", 1.0)


def test_zeros(bench):
    assert bench.apply("zeros", shape=[64]).shape == (64,)


def test_activation_follows(bench):
    relu = layer.all()["relu"]()
    y = bench.apply("conv", bench.input("x", 3, 8, 8), filters=4, kernel=3, act=relu)
    assert y.node.op == "Relu"


def test_a_layer_that_needs_a_batch_gives_one_to_a_parameter(bench):
    y = bench.apply("conv", bench.bare("p", 3, 8, 8), filters=4, kernel=3)
    assert language_shape(y) == (4, 6, 6)
    assert y.rank == 4


MERGES = [
    ("add", [(4, 5), (4, 5), (4, 5)], {}, (4, 5)),
    ("mul", [(4, 5), (4, 5)], {}, (4, 5)),
    ("mul", [(4, 5, 6), (4,)], {}, (4, 5, 6)),
    ("mul", [(4,), (4, 5, 6)], {}, (4, 5, 6)),
    ("mul", [(4, 5, 6), (4, 1, 1), (1, 5, 6)], {}, (4, 5, 6)),
    ("concat", [(4, 5), (7, 5)], {}, (11, 5)),
    ("concat", [(4, 5), (4, 7), (4, 1)], {"axis": -1}, (4, 13)),
    ("matmul", [(49, 512), (512, 3)], {}, (49, 3)),
    ("matmul", [(49, 512), (512,)], {}, (49,)),
    ("matmul", [(49,), (49, 512)], {}, (512,)),
    ("matmul", [(49,), (49,)], {}, ()),
    ("matmul", [(8, 10, 64), (64, 5)], {}, (8, 10, 5)),
    ("matmul", [(8, 10, 64), (64,)], {}, (8, 10)),
    ("matmul", [(64,), (8, 64, 5)], {}, (8, 5)),
]


@pytest.mark.parametrize(("word", "sizes", "given", "expected"), MERGES)
def test_merge(bench, word, sizes, given, expected):
    values = [bench.input(f"x{i}", *shape) for i, shape in enumerate(sizes)]
    assert language_shape(bench.apply(word, *values, **given)) == expected


@pytest.mark.parametrize(("word", "sizes", "given", "expected"), MERGES)
def test_merge_with_a_value_that_has_no_batch(bench, word, sizes, given, expected):
    values = [bench.input("x0", *sizes[0]), *(bench.bare(f"x{i}", *shape) for i, shape in enumerate(sizes[1:], 1))]
    y = bench.apply(word, *values, **given)
    assert language_shape(y) == expected
    assert y.rank == len(expected) + 1
