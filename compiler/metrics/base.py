"""What a metric declares: its target and its value as a graph."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import TargetSpec


class Metric(Declared):
    """Base of every metric. A bare one takes the first loss's pair.

    Its value is the mean over the batch, so that batches average by their sizes. `higher_is_better` says which epoch
    is the best, and has no default.

    samples  at least two `Pair`s, which call the two by these names: `Pair("accuracy(prediction, target)", "7")`
    errors   at least one `Wrong` call, where it has arguments
    """

    higher_is_better: ClassVar[bool]
    samples: ClassVar[tuple[Pair, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def target(self, prediction: Value) -> TargetSpec:
        """The target that goes with a prediction; raises ShapeError."""
        raise AssertionError("a metric declares target")

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        """The metric as a float32 scalar."""
        raise AssertionError("a metric declares build")

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        """The metric of a batch in PyTorch's functions, from tensors in float64 (labels in int64), the batch as axis 0.

        Apart from `build`, which the tests compare with it.
        """
        raise AssertionError("a metric declares formula")


metric = Registry[Metric](
    "metric", __package__, samples=2, errors=1, declares=("target", "build", "formula", "higher_is_better")
)
"""Decorator that registers a metric: `@metric("word")`; `metric.all()` gives every one by its word."""
