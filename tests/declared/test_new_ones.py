"""Declarations as a new file would bring them: right ones pass, slightly wrong ones don't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.declared import Registry
from netc.compiler.declare.samples import Pair, Sample, Wrong
from netc.compiler.elaborate.resolve import built_in
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.layers.base import HE_UNIFORM, Layer, LayerBuilder, layer
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import mean

from . import test_layers as layers, test_losses as losses

Register = Callable[[Registry[Any], str, type[Any]], None]


class Regression(Loss):
    """A loss of numbers with numbers; `scale` makes it wrong."""

    scale = 1.0

    def target(self, prediction: Value) -> TargetSpec:
        return TargetSpec(DType.FLOAT32, prediction.shape)

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        return g.Mul(mean(g, self.of_error(g, g.Abs(g.Sub(prediction, target)))), self.scale)

    def of_error(self, g: Builder, error: Value) -> Value:
        raise AssertionError


class MAE(Regression):
    """|prediction - target|, the mean over examples and elements."""

    samples = (Pair("trial_mae(prediction, target)", "3x2"), Pair("trial_mae(prediction, target)", "float"))

    def of_error(self, g: Builder, error: Value) -> Value:
        return error

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        return torch.nn.functional.l1_loss(prediction, target)


class Huber(Regression):
    """e**2 / 2 where e = |prediction - target| is below delta, else delta * (e - delta / 2), the mean."""

    delta: float = argument(Real(0, open_low=True), "where the square ends", default=1.0)
    samples = (Pair("trial_huber(prediction, target)", "3x2"), Pair("trial_huber(prediction, target, delta=0.3)", "5"))
    errors = (Wrong("trial_huber(prediction, target, delta=0)", "5", code="E224", says="a number above 0"),)

    def of_error(self, g: Builder, error: Value) -> Value:
        square = g.Mul(g.Mul(error, error), 0.5)
        return g.Where(g.Greater(error, self.delta), g.Mul(g.Sub(error, self.delta / 2), self.delta), square)

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        return torch.nn.functional.huber_loss(prediction, target, delta=self.delta)


class BCE(Regression):
    """-t log p - (1 - t) log(1 - p), the mean, for probabilities."""

    samples = (
        Pair("trial_bce(prediction, target)", "3", values=(0.01, 0.99), targets=(0, 1)),
        Pair("trial_bce(prediction, target)", "2x2", values=(0.3, 0.7), targets=(0.2, 0.4)),
    )

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        yes, no = g.Mul(target, g.Log(prediction)), g.Mul(g.Sub(1.0, target), g.Log(g.Sub(1.0, prediction)))
        return g.Mul(mean(g, g.Add(yes, no)), -self.scale)

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        return torch.nn.functional.binary_cross_entropy(prediction, target)


LOSSES = {"trial_mae": MAE, "trial_huber": Huber, "trial_bce": BCE}


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """Registers a declaration for the time of a test; elaboration remembers which layer a word stands for."""

    def add(registry: Registry[Any], word: str, definition: type[Any]) -> None:
        built_in.cache_clear()
        known = registry.all()
        registry(word)(definition)
        monkeypatch.setitem(known, word, known.pop(word))

    yield add
    built_in.cache_clear()


@pytest.mark.parametrize("draw", losses.DRAWS)
@pytest.mark.parametrize("word", LOSSES)
def test_a_right_loss_passes(word: str, draw: str, register: Register) -> None:
    register(loss, word, LOSSES[word])
    for one in LOSSES[word].samples:
        losses.compare("loss", one, draw)


@pytest.mark.parametrize(("word", "scale"), [("trial_mae", 2.0), ("trial_huber", 0.5), ("trial_bce", 1.001)])
def test_a_scaled_loss_fails(word: str, scale: float, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    register(loss, word, LOSSES[word])
    monkeypatch.setattr(LOSSES[word], "scale", scale)
    for draw in losses.DRAWS:
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            losses.compare("loss", LOSSES[word].samples[0], draw)


class Gated(Layer):
    """y = log(x) W, with the weight's axes as a transposed layer has them. Parameters: weight `[F, 4]`."""

    samples = (
        Sample("trial_gated", "6", out="4", params=24, weights={"weight": "6x4 he_uniform"}, values=(0.5, 2)),
        Sample("trial_gated", "3x6", out="3x4", params=24, values=(0.1, 0.2)),
        Sample("trial_gated", "[T, 5]", out="[T, 4]", params=20, values=(1, 100)),
    )

    def build(self, b: LayerBuilder, x: Value) -> Value:
        size = x.shape[-1]
        return b.MatMul(b.Log(x), b.parameter("weight", (size, 4), HE_UNIFORM, layout="IO"))

    def formula(self, torch: Any, x: Any, weight: Any) -> Any:
        return torch.log(x) @ weight


@pytest.mark.parametrize("draw", layers.DRAWS)
def test_a_right_layer_passes(draw: str, register: Register) -> None:
    register(layer, "trial_gated", Gated)
    layers.test_weights_are_declared_and_documented("trial_gated")
    for one in Gated.samples:
        layers.test_shape_and_weights(one)
        layers.compare(one, draw)
    assert layers.net_of("layer", Gated.samples[0]).parameters[0].layout == "IO"


class Elu(Layer):
    """y = x where x > 0, else e**x - 1."""

    samples = tuple(Sample("trial_elu", shape) for shape in ("8", "3x5", "float"))

    def build(self, b: LayerBuilder, x: Value) -> Value:
        below = b.Sub(b.Exp(x), 1.0)
        return b.Where(b.Greater(x, 0.0), x, below)

    def formula(self, torch: Any, x: Any) -> Any:
        return torch.nn.functional.elu(x)


def test_a_gradient_that_is_no_number_fails(register: Register) -> None:
    """The value is right, and the branch that isn't taken overflows: 0 times infinity flows back."""
    register(layer, "trial_elu", Elu)
    layers.compare(Elu.samples[1], "plain")
    with pytest.raises(AssertionError, match="gradient of trial_elu for a on large numbers"):
        layers.compare(Elu.samples[1], "large")


class Halves(Layer):
    """The first and the second half of the last axis: `[2 F]` -> `[F]` and `[F]`, and the places of the largest."""

    samples = (
        Sample("trial_halves", "6", out=("3", "3", "float")),
        Sample("trial_halves", "2x4", out=("2x2", "2x2", "2")),
        Sample("trial_halves", "3x2x8", out=("3x2x4", "3x2x4", "3x2")),
    )

    def build(self, b: LayerBuilder, x: Value) -> tuple[Value, ...]:
        x, last, size = b.batched(x), b.batched(x).rank - 1, x.shape[-1]
        ends = [b.Slice(x, starts=(s,), stops=(s + size // 2,), axes=(last,), steps=(1,)) for s in (0, size // 2)]
        return (*ends, b.ArgMax(x, axis=last))

    def formula(self, torch: Any, x: Any) -> Any:
        return (*x.chunk(2, -1), x.argmax(-1))


def test_several_outputs_are_compared_each(register: Register) -> None:
    register(layer, "trial_halves", Halves)
    for one in Halves.samples:
        layers.test_shape_and_weights(one)
        for draw in layers.DRAWS:
            layers.compare(one, draw)


class Swapped(Halves):
    """Halves in the wrong order."""

    def build(self, b: LayerBuilder, x: Value) -> tuple[Value, ...]:
        first, second, place = super().build(b, x)
        return second, first, place


def test_outputs_in_another_order_fail(register: Register) -> None:
    register(layer, "trial_halves", Swapped)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        layers.compare(Halves.samples[0], "plain")
