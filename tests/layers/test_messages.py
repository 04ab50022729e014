"""What a wrong use of a layer is told beyond its declaration's errors: names in sight, help that is not given."""

from __future__ import annotations

import pytest

from netc.compiler.declare.arguments import SIZE, ArgumentError
from netc.compiler.ir.operators import ShapeError


def test_add_names_the_difference_and_the_projection(bench):
    x, skip = bench.input("x", 64, 14, 14), bench.input("s", 32, 14, 14, scope="skip")
    with pytest.raises(ShapeError) as caught:
        bench.apply("add", x, skip)
    error = caught.value
    assert error.message == "add needs equal shapes"
    assert error.label == "64x14x14 + 32x14x14: channels differ"
    assert error.help == "project the skip first: add(skip -> conv(64, 1x1))"
    assert (error.at, error.code) == (1, "E301")


def test_a_value_without_a_name_is_the_other_one(bench):
    with pytest.raises(ShapeError) as caught:
        bench.apply("add", bench.input("x", 64, 14, 14), bench.input("y", 32, 28, 28))
    assert caught.value.help == "project the other value with conv(64, 1x1, stride=2)"


def test_add_offers_no_projection_that_cannot_work(bench):
    with pytest.raises(ShapeError) as caught:
        bench.apply("add", bench.input("x", 64, 9, 14), bench.input("y", 64, 14, 9))
    assert "project" not in (caught.value.help or "")


def test_a_quotient_is_told_how_to_become_whole():
    with pytest.raises(ArgumentError) as caught:
        SIZE.convert(6 / 2)
    assert caught.value.help == "divide with `//`, which gives a whole number"
