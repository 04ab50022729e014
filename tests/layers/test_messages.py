"""What a wrong use of a layer is told."""

from __future__ import annotations

import pytest

from netc.compiler.declare.arguments import ArgumentError
from netc.compiler.ir import Dim, DType
from netc.compiler.ir.operators import ShapeError


def refusal(bench, word, sizes, **given):
    values = [bench.input(f"x{i}", *shape) for i, shape in enumerate(sizes)]
    with pytest.raises(ShapeError) as caught:
        bench.apply(word, *values, **given)
    return caught.value


def test_add_names_the_difference_and_the_projection(bench):
    x, skip = bench.input("x", 64, 14, 14), bench.input("s", 32, 14, 14, scope="skip")
    with pytest.raises(ShapeError) as caught:
        bench.apply("add", x, skip)
    error = caught.value
    assert error.message == "add needs equal shapes"
    assert error.label == "64x14x14 + 32x14x14: channels differ"
    assert error.help == "project the skip first: add(skip -> conv(64, 1x1))"
    assert (error.at, error.code) == (1, "E301")


def test_add_projects_with_a_stride_where_the_map_is_larger(bench):
    error = refusal(bench, "add", [(64, 14, 14), (32, 28, 28)])
    assert error.label == "64x14x14 + 32x28x28: channels, height and width differ"
    assert error.help == "project the other value with conv(64, 1x1, stride=2)"


def test_add_offers_no_projection_that_cannot_work(bench):
    assert "pad=same" in (refusal(bench, "add", [(64, 14, 14), (64, 20, 14)]).help or "")
    assert "project" not in (refusal(bench, "add", [(64, 9, 14), (64, 14, 9)]).help or "")


def test_add_projects_the_first_value_where_that_one_is_larger(bench):
    error = refusal(bench, "add", [(8, 6, 6), (4, 3, 3)])
    assert error.help == "project the first value with conv(4, 1x1, stride=2)"


@pytest.mark.parametrize(
    ("word", "sizes", "given", "message", "label"),
    [
        ("add", [(4,), (5,)], {}, "add needs equal shapes", "4 + 5: features differ"),
        ("add", [(4, 3), (5, 3)], {}, "add needs equal shapes", "4x3 + 5x3: length differs"),
        ("add", [(4, 3), (4,)], {}, "add needs equal shapes", "4x3 + 4: 2 and 1 axes"),
        ("mul", [(4, 3), (4,)], {}, "mul needs shapes that fit together", "4x3 * 4: 2 and 1 axes"),
        ("mul", [(4, 3, 3), (5,)], {}, "mul needs shapes that fit together", "4x3x3 * 5x1x1: channels differ"),
        (
            "concat", [(4, 3, 3), (4, 3, 2)], {},
            "concat needs equal shapes except along axis 0", "4x3x3 with 4x3x2: width differs",
        ),
        ("matmul", [(4, 3), (4, 3)], {}, "matmul needs equal inner sizes", "4x3 with 4x3: 3 and 4"),
        ("conv", [(3, 4, 4)], {"filters": 1, "kernel": 5}, "kernel 5x5 is larger than the map of 4x4", ""),
        (
            "conv", [(3, 4, 4)], {"filters": 1, "kernel": 3, "dilation": 4, "pad": 1},
            "kernel 3x3, 9x9 with its dilation, is larger than the padded map of 6x6", "",
        ),
        ("maxpool", [(3, 1, 1)], {"kernel": 2}, "kernel 2x2 is larger than the map of 1x1", ""),
        (
            "maxpool", [(3, 8, 8)], {"kernel": 2, "pad": 2},
            "padding of 2 around a kernel of 2x2 makes windows of nothing but padding", "",
        ),
        (
            "conv", [(28, 28)], {"filters": 1, "kernel": [3, 3]},
            "kernel 3x3 has 2 sizes, 28x28 has 1 spatial axis", "",
        ),
        (
            "conv", [(3, 28, 28)], {"filters": 1, "kernel": 3, "pad": [1, 1, 1]},
            "pad [1, 1, 1] has 3 sizes, 3x28x28 has 2 spatial axes", "",
        ),
        (
            "conv", [(784,)], {"filters": 1, "kernel": 3},
            "conv works on channels and one to three spatial axes, found 784", "",
        ),
        (
            "conv", [(6, 8, 8)], {"filters": 8, "kernel": 3, "groups": 4},
            "6 input channels do not divide into 4 groups", "",
        ),
        ("conv", [(8, 8, 8)], {"filters": 6, "kernel": 3, "groups": 4}, "6 filters do not divide into 4 groups", ""),
        ("dense", [(3, 8, 8)], {"features": 4}, "dense works on vectors, found a map 3x8x8", ""),
        ("flatten", [(3, 8)], {"from_": 2}, "axis 2 of a value with 2 axes", ""),
        ("reshape", [(10,)], {"shape": [3, 4]}, "3x4 has 12 elements, the value 10 has 10", ""),
        ("reshape", [(10,)], {"shape": [3, -1]}, "the value has 10 elements, which is no multiple of 3", ""),
        ("transpose", [(10,)], {}, "transpose needs two axes or more, found 10", ""),
        ("transpose", [(3, 4)], {"axes": [0, 0]}, "axes [0, 0] do not name each of the 2 axes of 3x4 once", ""),
        ("slice", [(10,)], {"start": 10}, "start 10 of an axis of size 10", ""),
        ("slice", [(10,)], {"start": -11}, "start -11 of an axis of size 10", ""),
        ("slice", [(10,)], {"start": 2, "stop": 11}, "stop 11 of an axis of size 10", ""),
        ("slice", [(10,)], {"start": 5, "stop": 5}, "no element lies between 5 and 5 on an axis of size 10", ""),
        ("normalize", [(3, 4, 4)], {"mean": [0.1, 0.2], "std": 1}, "2 numbers for 3 channels", ""),
        ("normalize", [(3, 4, 4)], {"mean": 0, "std": [0.1, 0.0, 1]}, "normalize divides by zero", ""),
        ("softmax", [()], {}, "softmax needs an axis to work on, found a single number an example", ""),
        ("batchnorm", [()], {}, "batchnorm needs a channel axis, found a single number an example", ""),
    ],
)  # fmt: skip
def test_message(bench, word, sizes, given, message, label):
    error = refusal(bench, word, sizes, **given)
    assert (error.message, error.label) == (message, label)


def test_a_missing_channel_axis_is_offered(bench):
    error = refusal(bench, "conv", [(28, 28)], filters=1, kernel=[3, 3])
    assert error.argument == "kernel"
    assert error.help == "give the map a channel axis, as in `1x28x28`, or a single number"


def test_groups_that_fit_are_listed(bench):
    assert refusal(bench, "conv", [(6, 8, 8)], filters=12, kernel=1, groups=4).help == "take `groups` from 1, 2, 3, 6"


def test_the_weights_of_a_symbolic_axis_need_a_number(bench):
    H = Dim.symbol("H")
    error = refusal(bench, "dense", [(4, H)], features=3)
    assert error.code == "E304"
    assert refusal(bench, "conv", [(H, 4, 4)], filters=3, kernel=1).code == "E304"


def test_same_padding_of_a_symbolic_size_asks_for_what_it_needs(bench):
    H = Dim.symbol("H")
    error = refusal(bench, "conv", [(3, H, 8)], filters=3, kernel=3, stride=2, pad="same")
    assert (error.code, error.argument) == ("E304", "pad")
    assert error.help is not None
    assert "`expect H % 2 == 0`" in error.help


def test_integers_are_refused(bench):
    words = bench.input("words", 12, dtype=DType.INT64)
    for word, given in (("relu", {}), ("dense", {"features": 3}), ("softmax", {}), ("batchnorm", {})):
        with pytest.raises(ShapeError) as caught:
            bench.apply(word, words, **given)
        assert caught.value.code == "E302"
        assert caught.value.message == f"{word} works on floating-point numbers, found int64"


@pytest.mark.parametrize(
    ("word", "name", "value", "found"),
    [
        ("conv", "filters", 0, "expected a positive whole number, found 0"),
        ("conv", "filters", 2.0, "expected a positive whole number, found 2.0"),
        ("conv", "filters", True, "expected a positive whole number, found true"),
        ("conv", "kernel", [3, 0], "expected a size such as `3` or `3x3`, found [3, 0]"),
        ("conv", "bias", 1, "expected true or false, found 1"),
        ("dropout", "rate", 1.0, "expected a number of at least 0 and below 1, found 1.0"),
        ("batchnorm", "epsilon", 0, "expected a number above 0, found 0"),
        ("reshape", "shape", [3, -2], "expected a shape such as `64x7x7` or `[1, 768]`, found [3, -2]"),
        ("transpose", "axes", 1, "expected a list of axes such as `[1, 2, 0]`, found 1"),
        ("slice", "step", 0, "expected a positive whole number, found 0"),
    ],
)
def test_argument(bench, word, name, value, found):
    with pytest.raises(ArgumentError) as caught:
        bench.apply(word, **{name: value})
    assert str(caught.value) == found


def test_a_quotient_is_told_how_to_become_whole():
    from netc.compiler.declare.arguments import SIZE

    with pytest.raises(ArgumentError) as caught:
        SIZE.convert(6 / 2)
    assert caught.value.help == "divide with `//`, which gives a whole number"
