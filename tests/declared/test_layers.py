"""Every layer on every sample: shape, weights, values and gradients, against its formula in PyTorch in float64."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from netc.compiler.declare.samples import Sample
from netc.compiler.elaborate.layer_values import BuiltIn
from netc.compiler.ir import (
    BATCH_SYMBOL,
    DType,
    Shape,
    Value,
    format_shape,
    is_batched,
    language_shape,
    substitute,
    symbols,
)
from netc.compiler.layers.base import Layer, layer
from netc.compiler.net import LayerInstance, Net
from netc.compiler.weights.draw import initial_weight

from .in_the_language import NAMES, errors_of, net_of, written
from .numbers import (
    LARGE,
    Array,
    assert_bounded,
    assert_drawn_alike,
    assert_near,
    floats,
    generator,
    runner,
    with_gradients,
)

torch = pytest.importorskip("torch")

BATCH = 2
OPEN_SIZES = (6, 9, 12)
DRAWS = ("plain", "large", "equal")


def without_batch(one: Sample) -> Sample | None:
    """The sample of a merge with tensors without the batch after the first; None where it has none, or open sizes."""
    more = one.inputs[1:]
    if not more or not all(re.fullmatch(r"\d[\dx]*", text) for text in more):
        return None
    made = [f"parameter({text})" for text in more]
    return Sample(one.call, one.inputs[0], *made, out=one.out, params=one.params, values=one.values)


def without_any_batch(one: Sample) -> Sample | None:
    """The sample with tensors without the batch alone: layers that need one give it to them."""
    if not one.inputs or not all(re.fullmatch(r"\d[\dx]*", text) for text in one.inputs):
        return None
    made = [f"parameter({text})" for text in one.inputs]
    return Sample(one.call, *made, out=one.out, params=one.params, values=one.values)


def of_integers(one: Sample) -> Sample:
    """The sample with whole numbers instead of others."""
    made = [text if text.startswith(("int", "parameter")) else f"int {text}" for text in one.inputs]
    return Sample(one.call, *(text.replace("int float", "int") for text in made), out=one.out)


def every(definition: type[Layer]) -> list[Sample]:
    """A layer's samples, and those made of them."""
    bare = [made for one in definition.samples if (made := without_batch(one)) is not None]
    barest = [made for one in definition.samples if (made := without_any_batch(one)) is not None]
    return [*definition.samples, *bare, *barest[:1]]


SAMPLES = [
    pytest.param(one, id=f"{one.call} of {' '.join(one.inputs)}")
    for definition in layer.all().values()
    for one in every(definition)
]
WORDS = list(layer.all())


def shown(text: str) -> str:
    """A shape's text without what may be written in two ways: `[T, 4]` and `Tx4`, `float` and `scalar`."""
    return re.sub(r"[\[\]() ]|^int|^float$|^scalar$", "", text.replace(",", "x"))


def sized(shape: Shape) -> tuple[int, ...]:
    """A shape with the batch, and a number for every open size."""
    open_sizes = sorted({symbol for size in shape for symbol in symbols(size)} - {BATCH_SYMBOL}, key=str)
    numbers = {BATCH_SYMBOL: BATCH, **dict(zip(open_sizes, OPEN_SIZES, strict=False))}
    return tuple(int(substitute(size, numbers)) for size in shape)  # type: ignore[call-overload]


def leaves(net: Net, buffer: bool) -> dict[str, str]:
    """A layer's own weights or buffers as samples write them: `{"bias": "8 constant"}`."""
    made = net.layers[-1]
    return {
        item.name.removeprefix(f"{made.path}."): f"{format_shape(item.value.shape)} {written(item.initial)}"
        for item in made.parameters
        if item.buffer is buffer
    }


@pytest.mark.quick(520)
@pytest.mark.parametrize("one", SAMPLES)
def test_shape_and_weights(one: Sample) -> None:
    net = net_of("layer", one)
    made = net.layers[-1]
    out = (one.out,) if isinstance(one.out, str) else one.out
    assert [shown(format_shape(language_shape(y))) for y in made.outputs] == [shown(text) for text in out]
    assert sum(item.count for item in made.parameters if not item.buffer) == one.params
    for buffer, expected in ((False, one.weights), (True, one.buffers)):
        assert expected is None or leaves(net, buffer) == expected
    assert all(item.trainable is not item.buffer for item in made.parameters)


@pytest.mark.parametrize("word", WORDS)
def test_weights_are_declared_and_documented(word: str) -> None:
    definition = layer.all()[word]
    for buffer in (False, True):
        found = {leaf for one in definition.samples for leaf in leaves(net_of("layer", one), buffer)}
        told = [one.buffers if buffer else one.weights for one in definition.samples]
        assert found == {leaf for given in told for leaf in given or ()}
        assert all(leaf in (definition.__doc__ or "") for leaf in found)


def feeds_of(net: Net, one: Sample, draw: str) -> dict[str, Array]:
    """Numbers for the inputs, and for weights near those they start with."""
    rng = generator(one.call, one.inputs, draw)
    feeds: dict[str, Array] = {}
    for value in net.graph.inputs:
        shape = sized(value.shape)
        low, high = one.values or (0, 8)
        feeds[value.name] = (
            floats(rng, shape, draw, one.values, LARGE)
            if value.dtype == DType.FLOAT32
            else rng.integers(int(low), int(high), shape)
        )
    for item in net.parameters:
        start = initial_weight(item)
        feeds[item.name] = (start + rng.uniform(-0.5, 0.5, start.shape)).astype(np.float32)
    return feeds


def activation(given: Any) -> Any:
    """The formula of a layer that was given as an argument."""
    assert isinstance(given, BuiltIn)
    instance = given.definition(**(given.bound.values if given.bound else {}))
    return lambda y: instance.formula(torch, y)


def by_formula(made: LayerInstance, feeds: dict[str, Any], net: Net, one: Sample) -> list[Any]:
    """What the formula makes of every example, one after the other, for each output; `feeds` are tensors."""
    parameters = {
        item.name.removeprefix(f"{made.path}.").replace(".", "_"): feeds[item.name] for item in made.parameters
    }
    flowing = [net.values[name] for name in NAMES[: len(one.inputs)]]
    assert made.layer is not None
    act = getattr(made.layer, "act", None)
    results = []
    for example in range(BATCH):
        x = [feeds[value.name][example] if is_batched(value) else feeds[value.name] for value in flowing]
        y = made.layer.formula(torch, *x, **parameters)
        y = activation(act)(y) if act is not None else y
        results.append(y if isinstance(y, tuple) else (y,))
    together = zip(made.outputs, zip(*results, strict=True), strict=True)
    return [torch.stack(examples) if is_batched(value) else examples[0] for value, examples in together]


class Prepared(NamedTuple):
    """A sample's net, and its graph with gradients ready to run: they read `slopes_in` and are those of `wanted`."""

    net: Net
    wanted: list[Value]
    slopes_in: list[Value]
    run: Callable[[dict[str, Array]], dict[str, Array]]


def prepare(one: Sample) -> Prepared:
    net = net_of("layer", one)
    weights = [item.value for item in net.parameters if item.trainable]
    wanted = [value for value in [*net.graph.inputs, *weights] if value.dtype == DType.FLOAT32]
    graph, slopes_in = with_gradients(net.graph, net.layers[-1].outputs, wanted)
    return Prepared(net, wanted, slopes_in, runner(graph))


prepared_once = lru_cache(maxsize=4)(prepare)
"""The same for every draw of a sample; the draws come one after the other."""


def compare(one: Sample, draw: str, prepared: Prepared | None = None) -> None:
    """Values, and gradients where there are any, of one sample on one draw of numbers."""
    net, wanted, slopes_in, run = prepared or prepare(one)
    made, feeds = net.layers[-1], feeds_of(net, one, draw)
    tensors = {name: torch.from_numpy(x).double() if x.dtype == np.float32 else torch.from_numpy(x)
               for name, x in feeds.items()}  # fmt: skip
    for value in wanted:
        tensors[value.name].requires_grad_()
    rng = generator("slopes", one.call)
    for value in slopes_in:
        feeds[value.name] = np.asarray(rng.normal(size=sized(value.shape)), np.float32)
    torch.default_generator.manual_seed(0)
    found, expected = run(feeds), by_formula(made, tensors, net, one)
    assert made.layer is not None
    total = torch.zeros((), dtype=torch.float64)
    for at, (value, y) in enumerate(zip(made.outputs, expected, strict=True)):
        if value.dtype != DType.FLOAT32:
            np.testing.assert_array_equal(found[f"y{at}"], y.numpy())
            continue
        if made.layer.random:
            assert_drawn_alike(found[f"y{at}"], y.numpy())
            continue
        assert_near(found[f"y{at}"], y.detach().numpy(), f"{one.call} on {draw} numbers")
        total = total + (y * torch.from_numpy(feeds[f"dy{at}"]).double()).sum()
    if total.requires_grad:
        total.backward()
    for value in wanted if slopes_in else ():
        slope = tensors[value.name].grad
        slope = np.zeros(feeds[value.name].shape) if slope is None else slope.numpy()
        what = f"gradient of {one.call} for {value.name} on {draw} numbers"
        if draw == "large":
            assert_bounded(found[f"d.{value.name}"], slope, what)
        else:
            assert_near(found[f"d.{value.name}"], slope, what, 5e-6)


@pytest.mark.quick(110)
@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("one", SAMPLES)
def test_values_and_gradients(one: Sample, draw: str) -> None:
    compare(one, draw, prepared_once(one))


@pytest.mark.quick(90)
@pytest.mark.parametrize("word", WORDS)
def test_whole_numbers_are_taken_or_refused(word: str) -> None:
    for one in map(of_integers, layer.all()[word].samples):
        if not one.inputs or any(text.startswith("parameter") for text in one.inputs):
            continue
        errors = errors_of("layer", one)
        if errors:
            assert {finding.code for finding in errors} == {"E302"}
        else:
            compare(one, "plain")


@pytest.mark.quick(90)
@pytest.mark.parametrize("word", WORDS)
def test_a_wrong_layer_fails(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = layer.all()[word]
    build = definition.build

    def wrong(self: Any, b: Any, *x: Any) -> Any:
        y = build(self, b, *x)
        first, *rest = y if isinstance(y, tuple) else (y,)
        if first.dtype == DType.BOOL:
            first = b.Not(first)
        else:
            first = b.Add(first, 1 if definition.random or first.dtype != DType.FLOAT32 else 0.01)
        return (first, *rest) if rest else first

    monkeypatch.setattr(definition, "build", wrong)
    with pytest.raises(AssertionError, match=r"Not equal to tolerance|Arrays are not equal|drawn otherwise"):
        compare(definition.samples[0], "plain")
