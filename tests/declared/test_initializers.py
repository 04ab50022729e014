"""Every initializer on every sample: how its numbers lie, by hand and beside PyTorch's of the same kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netc.compiler.declare.samples import Drawn
from netc.compiler.initializers.base import PIECE, Initializer, fans, initializer
from netc.compiler.initializers.constant import Constant
from netc.compiler.initializers.he_uniform import HeUniform
from netc.compiler.initializers.normal import Normal
from netc.compiler.weights.draw import RawStream

from .in_the_language import instance_of

torch = pytest.importorskip("torch")

SAMPLES = [pytest.param(one, id=f"{one.call} of {one.shape}") for definition in initializer.all().values()
           for one in definition.samples]  # fmt: skip
ERRORS = 5.0
"""How many standard errors an estimate may be off."""


def compare(declared: Initializer, one: Drawn) -> None:
    """With the sample's numbers, and with what PyTorch fills a tensor with."""
    found = declared.draw(one.shape, "OI", "float32", RawStream.of(3, one.call))
    assert (found.shape, found.dtype) == (one.shape, np.float32)
    values = found.astype(np.float64).ravel()
    slack = 1e-6 * max(abs(one.low), abs(one.high), 1.0)
    assert one.low - slack <= values.min() <= values.max() <= one.high + slack
    assert abs(values.mean() - one.mean) <= ERRORS * one.std / np.sqrt(values.size) + slack
    assert abs(values.std() - one.std) <= ERRORS * one.std / np.sqrt(values.size) + slack
    torch.default_generator.manual_seed(7)
    theirs = declared.formula(torch, torch.empty(one.shape, dtype=torch.float64))
    if np.array_equal(found, declared.draw(one.shape, "OI", "float32", RawStream.of(4, one.call))):
        np.testing.assert_array_equal(found, theirs.numpy())
        return
    assert distance(values, theirs.numpy().ravel()) < 2.3 * np.sqrt(2 / values.size)
    ours, wanted = (singular_values(matrix) for matrix in (found, theirs.numpy()))
    np.testing.assert_allclose(ours, wanted, atol=0.1 * float(wanted.max()))


def distance(a: Any, b: Any) -> float:
    """The largest difference of two samples' shares below a number (Kolmogorov and Smirnov)."""
    places = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(values), places, side="right") / values.size for values in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


def singular_values(weight: Any) -> Any:
    """Of the matrix of outputs by the rest, a part of it where it is large: dependent numbers have others."""
    matrix = weight.reshape(weight.shape[0], -1)[:200, :200]
    return np.linalg.svd(matrix.astype(np.float64), compute_uv=False)


@pytest.mark.quick(6)
@pytest.mark.parametrize("one", SAMPLES)
def test_numbers_lie_as_declared(one: Drawn) -> None:
    compare(instance_of("initializer", one), one)


@pytest.mark.parametrize("factor", [1.05, 0.95])
@pytest.mark.parametrize("word", [word for word in initializer.all() if word != "constant"])
def test_a_scaled_one_fails(word: str, factor: float) -> None:
    definition: Any = initializer.all()[word]
    one = definition.samples[0]

    class Scaled(definition):  # type: ignore[misc]
        def draw(self, *given: Any) -> Any:
            drawn = super().draw(*given)
            return (drawn * factor).astype(drawn.dtype)

    with pytest.raises(AssertionError):
        compare(Scaled(**instance_of("initializer", one).settings()), one)


def test_another_constant_fails() -> None:
    with pytest.raises(AssertionError):
        compare(Constant(value=0.01), Constant.samples[0])


@pytest.mark.parametrize(
    ("shape", "layout", "expected"),
    [
        ((8, 3, 5, 5), "OI", (75, 200)),
        ((3, 8, 5, 5), "IO", (75, 200)),
        ((10, 784), "OI", (784, 10)),
        ((784, 10), "IO", (784, 10)),
        ((5, 3, 8), "KIO", (15, 40)),
        ((9, 7, 8, 3, 5, 5), "PPOI", (75, 200)),
        ((7,), "OI", (1, 1)),
        ((), "OI", (1, 1)),
    ],
)
def test_fans(shape: tuple[int, ...], layout: str, expected: tuple[int, int]) -> None:
    assert fans(shape, layout) == expected
    if layout == "OI" and len(shape) > 1:
        assert torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape)) == expected


def test_the_layout_decides_the_bound() -> None:
    """A weight whose first axis is the inputs, as a transposed convolution's."""
    found = HeUniform().draw((600, 2), "IO", "float32", RawStream.of(0, "w"))
    assert 0.099 < np.abs(found).max() <= 0.1


def test_pieces_are_drawn_one_after_the_other() -> None:
    """A stream's bits stand in the order of pieces, which may never change: half a piece's radii, then its angles."""
    found = Normal(std=1.0).draw((PIECE + 3,), "OI", "float32", RawStream.of(5, "w"))
    bits = RawStream.of(5, "w").uniform(PIECE + 4)
    for start, size in ((0, PIECE), (PIECE, 3)):
        half = (size + 1) // 2
        radius, angle = bits[start : start + half], bits[start + half : start + 2 * half]
        radius, angle = np.sqrt(-2 * np.log(radius)), 2 * np.pi * angle
        expected = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:size]
        np.testing.assert_allclose(found[start : start + size], expected, rtol=1e-6, atol=1e-12)
