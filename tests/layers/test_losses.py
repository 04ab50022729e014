"""Losses and metrics against PyTorch: values, and gradients of the losses."""

from __future__ import annotations

import numpy as np
import pytest

from netc.compiler.ir import BATCH, DType, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import loss
from netc.compiler.metrics.base import metric
from netc.compiler.training.gradient import gradients

torch = pytest.importorskip("torch")
F = torch.nn.functional

rng = np.random.default_rng(0)
NOTHING = "a single number an example"


def target_value(bench, spec):
    value = Value("label", spec.dtype, spec.shape)
    bench.graph.inputs.append(value)
    return value


def evaluate(bench, kind, sizes, prediction, target, **given):
    x = bench.input("x", *sizes)
    instance = kind(**given)
    label = target_value(bench, instance.target(x))
    value = instance.build(bench.g, x, label)
    assert value.shape == ()
    feeds = {"x": prediction, "label": target}
    if kind in loss.all().values():
        return bench.run({"value": value, "gradient": gradients(bench.graph, value, [x])[x]}, feeds)
    return bench.run(value, feeds)


def torch_value(function, prediction):
    x = torch.from_numpy(prediction).requires_grad_()
    value = function(x)
    value.backward()
    return value.item(), x.grad.numpy()


SHAPES = [((7,), (4,)), ((5, 7), (4, 5)), ((7, 3, 2), (4, 3, 2))]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("sizes", "label_shape"), SHAPES)
@pytest.mark.parametrize("scale", [1.0, 3000.0])
def test_cross_entropy(bench, sizes, label_shape, smoothing, scale):
    prediction = (rng.normal(size=(4, *sizes)) * scale).astype(np.float32)
    labels = rng.integers(0, 7, label_shape)
    found = evaluate(bench, loss.all()["cross_entropy"], sizes, prediction, labels, label_smoothing=smoothing)

    def reference(x):
        scores = x.transpose(1, 2) if len(sizes) == 2 else x
        return F.cross_entropy(scores, torch.from_numpy(labels), label_smoothing=smoothing)

    value, gradient = torch_value(reference, prediction)
    assert found["value"] == pytest.approx(value, rel=2e-6)
    np.testing.assert_allclose(found["gradient"], gradient, atol=2e-7)


def test_mse(bench):
    prediction, target = (rng.normal(size=(4, 3, 2)).astype(np.float32) for _ in range(2))
    found = evaluate(bench, loss.all()["mse"], (3, 2), prediction, target)
    value, gradient = torch_value(lambda x: F.mse_loss(x, torch.from_numpy(target)), prediction)
    assert found["value"] == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(found["gradient"], gradient, atol=1e-7)


@pytest.mark.parametrize(("sizes", "label_shape"), SHAPES)
def test_accuracy(bench, sizes, label_shape):
    prediction = rng.normal(size=(4, *sizes)).astype(np.float32)
    labels = rng.integers(0, 7, label_shape)
    axis = 2 if len(sizes) == 2 else 1
    found = evaluate(bench, metric.all()["accuracy"], sizes, prediction, labels)
    assert found == pytest.approx((prediction.argmax(axis) == labels).mean())


@pytest.mark.parametrize("k", [1, 3, 7])
@pytest.mark.parametrize(("sizes", "label_shape"), SHAPES)
def test_topk(bench, sizes, label_shape, k):
    prediction = rng.normal(size=(4, *sizes)).astype(np.float32)
    labels = rng.integers(0, 7, label_shape)
    axis = 2 if len(sizes) == 2 else 1
    highest = np.argsort(-prediction, axis=axis).take(range(k), axis)
    found = evaluate(bench, metric.all()["topk"], sizes, prediction, labels, k=k)
    assert found == pytest.approx((highest == np.expand_dims(labels, axis)).any(axis).mean())


def test_targets(bench):
    spec = loss.all()["cross_entropy"]().target(bench.input("x", 21, 8, 9))
    assert (spec.dtype, spec.shape, spec.classes) == (DType.INT64, (BATCH, 8, 9), 21)
    spec = loss.all()["mse"]().target(bench.input("y", 3))
    assert (spec.dtype, spec.shape, spec.classes) == (DType.FLOAT32, (BATCH, 3), None)


@pytest.mark.parametrize(
    ("instance", "sizes", "message"),
    [
        (
            loss.all()["cross_entropy"](),
            (),
            "cross_entropy needs a score for each class, found a single number an example",
        ),
        (loss.all()["cross_entropy"](), (1,), "cross_entropy needs a score for each class, found 1"),
        (metric.all()["accuracy"](), (1,), "accuracy needs a score for each class, found 1"),
        (metric.all()["topk"](), (3,), "topk counts 5 of 3 classes"),
    ],
)
def test_message(bench, instance, sizes, message):
    with pytest.raises(ShapeError) as caught:
        instance.target(bench.input("x", *sizes))
    assert caught.value.message == message
