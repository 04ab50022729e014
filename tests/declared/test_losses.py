"""Every loss and metric on every sample against its formula in float64, the losses' gradients against its slopes."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from netc.compiler.declare.samples import Pair
from netc.compiler.ir import BATCH, Builder, DType, Graph, Value
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.metrics.base import metric
from netc.compiler.training.gradient import gradients

from .in_the_language import KINDS, instance_of, net_of
from .numbers import Array, assert_near, floats, generator, run

torch = pytest.importorskip("torch")

LARGE = 3e4
gradients_of = gradients
DRAWS = {"plain": 4, "large": 3, "equal": 5, "single": 1}
"""What is drawn, and for how many examples."""

SAMPLES = [
    pytest.param(kind, one, id=one.call.replace("prediction, target", one.prediction))
    for kind in ("loss", "metric")
    for definition in KINDS[kind].all().values()
    for one in definition.samples
]
FIRST = [
    pytest.param(kind, definition, id=word)
    for kind in ("loss", "metric")
    for word, definition in KINDS[kind].all().items()
]


def shapes_of(kind: str, one: Pair, declared: Any) -> tuple[tuple[int, ...], TargetSpec]:
    """A prediction's shape without the batch, and what the target is."""
    plan = net_of(kind, one).plans[0]
    prediction = (plan.losses if kind == "loss" else plan.metrics)[0].prediction
    return tuple(int(size) for size in prediction.shape[1:]), declared.target(prediction)  # type: ignore[arg-type]


def feeds_of(kind: str, one: Pair, draw: str, declared: Any) -> tuple[Array, Array]:
    """A prediction and a target."""
    shape, spec = shapes_of(kind, one, declared)
    rng, size = generator(one.call, one.prediction, draw), DRAWS[draw]
    numbers = "plain" if draw == "single" else draw
    prediction = floats(rng, (size, *shape), numbers, one.values, LARGE)
    assert spec.shape[0] == BATCH
    sizes = (size, *(int(length) for length in spec.shape[1:]))  # type: ignore[arg-type]
    if spec.dtype == DType.FLOAT32:
        return prediction, floats(rng, sizes, numbers, one.targets, LARGE)
    low, high = one.targets or (0, spec.classes or 2)
    labels = rng.integers(int(low), int(high), sizes)
    if labels.size > 1:
        labels.flat[0], labels.flat[-1] = low, high - 1
    return prediction, labels


def formula(declared: Any, prediction: Array, target: Array) -> float:
    """The formula's value in float64."""
    numbers = [torch.from_numpy(x.astype(np.float64) if x.dtype == np.float32 else x) for x in (prediction, target)]
    return float(declared.formula(torch, *numbers))


def slopes(declared: Any, prediction: Array, target: Array) -> Array:
    """The formula's slope in each element, by central differences."""
    step = 1e-6 * max(1.0, float(np.abs(prediction).max()))
    found = np.zeros(prediction.shape)
    for place in np.ndindex(*prediction.shape):
        ends = []
        for sign in (1, -1):
            moved = prediction.astype(np.float64)
            moved[place] += sign * step
            ends.append(formula(declared, moved, target))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def compare(kind: str, one: Pair, draw: str, declared: Any = None) -> None:
    """A loss or metric on one draw of numbers; `declared` may be another than the sample's."""
    declared = declared or instance_of(kind, one)
    prediction, target = feeds_of(kind, one, draw, declared)
    graph = Graph("sample")
    x = Value("prediction", DType.FLOAT32, (BATCH, *prediction.shape[1:]))
    t = Value("target", DType(str(target.dtype)), (BATCH, *target.shape[1:]))
    graph.inputs = [x, t]
    value = declared.build(Builder(graph), x, t)
    assert (value.shape, value.dtype) == ((), DType.FLOAT32)
    graph.outputs = {"value": value}
    if kind == "loss":
        graph.outputs["gradient"] = gradients_of(graph, value, [x])[x]
    found = run(graph, {"prediction": prediction, "target": target})
    what = f"{one.call} on {draw} numbers"
    assert_near(found["value"], formula(declared, prediction, target), what)
    if kind == "loss":
        assert np.isfinite(found["gradient"]).all(), what
    if kind == "loss" and draw != "equal":
        assert_near(found["gradient"], slopes(declared, prediction, target), f"gradient of {what}", 1e-5)


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(("kind", "one"), SAMPLES)
def test_value_and_gradient(kind: str, one: Pair, draw: str) -> None:
    compare(kind, one, draw)


@pytest.mark.parametrize(("kind", "one"), SAMPLES)
def test_a_batch_is_the_mean_of_its_examples(kind: str, one: Pair) -> None:
    """What evaluation relies on, which weighs batches by their sizes."""
    declared = instance_of(kind, one)
    prediction, target = feeds_of(kind, one, "plain", declared)
    singles = [formula(declared, prediction[i : i + 1], target[i : i + 1]) for i in range(len(prediction))]
    assert formula(declared, prediction, target) == pytest.approx(np.mean(singles), rel=1e-12)


@pytest.mark.parametrize("factor", [2.0, 0.5, -1.0])
@pytest.mark.parametrize(("kind", "definition"), FIRST)
def test_a_scaled_one_fails(kind: str, definition: Any, factor: float) -> None:
    one = definition.samples[0]
    given = instance_of(kind, one)

    class Scaled(definition):  # type: ignore[misc]
        def build(self, g: Builder, prediction: Value, target: Value) -> Value:
            scaled: Value = g.Mul(super().build(g, prediction, target), factor)
            return scaled

    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(kind, one, "plain", Scaled(**given.settings()))


@pytest.mark.parametrize("definition", [pytest.param(made, id=word) for word, made in loss.all().items()])
def test_another_gradient_fails(definition: type[Loss], monkeypatch: pytest.MonkeyPatch) -> None:
    def halved(graph: Graph, value: Value, wanted: list[Value]) -> dict[Value, Value]:
        return {x: Builder(graph).Mul(slope, 0.5) for x, slope in gradients(graph, value, wanted).items()}

    monkeypatch.setattr(sys.modules[__name__], "gradients_of", halved)
    with pytest.raises(AssertionError, match="gradient of"):
        compare("loss", definition.samples[0], "plain")


def test_classes_are_where_they_belong() -> None:
    """The last axis of vectors and sequences, the channels of maps."""
    for kind in ("loss", "metric"):
        for definition in KINDS[kind].all().values():
            for one in definition.samples:
                shape, spec = shapes_of(kind, one, instance_of(kind, one))
                if spec.classes is not None:
                    axis = 0 if len(shape) >= 3 else -1
                    assert spec.classes == shape[axis]
                    assert list(spec.shape[1:]) == [size for at, size in enumerate(shape) if at != axis % len(shape)]


def test_metrics_say_which_way_is_better() -> None:
    assert all(isinstance(definition.higher_is_better, bool) for definition in metric.all().values())
