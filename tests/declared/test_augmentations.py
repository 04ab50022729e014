"""Every augmentation on every sample: how its draws lie, and what a draw does to a map, pixel by pixel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from netc.compiler.augmentations.base import Augmentation, Fixed, Kind, Mixing, augmentation
from netc.compiler.declare.samples import Drawn

from .in_the_language import instance_of
from .numbers import generator

SAMPLES = [pytest.param(one, id=one.call) for definition in augmentation.all().values() for one in definition.samples]
TYPES = [np.float32, np.uint8, np.int64]
MANY, SOME = 4000, 12


def compare_draws(declared: Augmentation, one: Drawn) -> None:
    """With the sample's numbers, over many examples."""
    drawn = declared.draw(MANY, generator(one.call)).astype(np.float64)
    assert len(drawn) == MANY
    if isinstance(declared, Fixed):
        assert drawn.size == 0
        return
    assert one.low - 1e-9 <= drawn.min() <= drawn.max() <= one.high + 1e-9
    assert abs(drawn.mean() - one.mean) < 5 * one.std / np.sqrt(drawn.size)
    assert abs(drawn.std() - one.std) < 5 * one.std / np.sqrt(drawn.size)
    assert len(np.unique(drawn.reshape(MANY, -1), axis=0)) > 1


def compare_maps(declared: Augmentation, one: Drawn, dtype: Any) -> None:
    """With the formula, of one example after the other; the maps that come in stay."""
    rng = generator(one.call, "maps")
    drawn = declared.draw(1 if isinstance(declared, Mixing) else SOME, rng)
    maps = rng.random((SOME, *one.shape)).astype(np.float32)
    if dtype is not np.float32:
        maps = (maps * 200 + 1).astype(dtype)
    before = maps.copy()
    labels = np.issubdtype(dtype, np.int64)
    found = declared.change_labels(maps, drawn) if labels else declared.change(maps, drawn)
    assert found.dtype == maps.dtype or declared.kind is Kind.NET
    assert not np.shares_memory(found, maps)
    np.testing.assert_array_equal(maps, before)
    if isinstance(declared, Mixing):
        pairs = zip(maps, maps[::-1], strict=True)
        wanted = [declared.formula(np, image, drawn[0], other) for image, other in pairs]
    else:
        wanted = [declared.formula(np, image, draw) for image, draw in zip(maps, drawn, strict=True)]
    expected = np.stack(wanted).astype(np.float64)
    if maps.dtype == np.uint8 and declared.kind is not Kind.NET:
        assert np.abs(found - np.clip(expected, 0, 255)).max() <= 0.5 + 1e-3
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert found.shape != maps.shape or not np.array_equal(found, maps)


@pytest.mark.parametrize("one", SAMPLES)
def test_draws_lie_as_declared(one: Drawn) -> None:
    compare_draws(instance_of("augmentation", one), one)


@pytest.mark.quick(20)
@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("one", SAMPLES)
def test_maps_change_as_the_formula_says(one: Drawn, dtype: Any) -> None:
    declared = instance_of("augmentation", one)
    if dtype is np.int64 and not moves_labels(declared):
        return
    if dtype is np.int64 and interpolates(declared):
        return  # by the nearest pixel: tests/data/test_augment.py
    compare_maps(declared, one, dtype)


def moves_labels(declared: Augmentation) -> bool:
    """Whether maps of labels change too."""
    return declared.kind is Kind.MOVES or (isinstance(declared, Mixing) and declared.cuts)


def interpolates(declared: Augmentation) -> bool:
    """Whether labels have a rule of their own."""
    return type(declared).change_labels is not Augmentation.change_labels


@pytest.mark.parametrize("word", list(augmentation.all()))
def test_the_same_numbers_draw_the_same(word: str) -> None:
    """A resumed run sees what it would have seen."""
    one = augmentation.all()[word].samples[0]
    declared = instance_of("augmentation", one)
    first, again = (declared.draw(9, np.random.default_rng([1, 2, 3])) for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("word", list(augmentation.all()))
def test_a_wrong_one_fails(word: str) -> None:
    definition: Any = augmentation.all()[word]
    one = definition.samples[0]

    class Shifted(definition):  # type: ignore[misc]
        def change(self, maps: Any, drawn: Any) -> Any:
            return np.roll(super().change(maps, drawn), 1, axis=-1)

    class Rare(definition):  # type: ignore[misc]
        def draw(self, count: int, rng: np.random.Generator) -> Any:
            drawn = super().draw(count, rng)
            return np.where(rng.random(drawn.shape) < 0.2, np.zeros_like(drawn), drawn)

    settings = instance_of("augmentation", one).settings()
    with pytest.raises(AssertionError):
        compare_maps(Shifted(**settings), one, np.float32)
    if not issubclass(definition, Fixed):
        with pytest.raises(AssertionError):
            compare_draws(Rare(**settings), one)
