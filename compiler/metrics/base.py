"""What a metric declares: its target and its value as a graph."""

from __future__ import annotations

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.ir import Builder, Value
from netc.compiler.losses.base import TargetSpec


class Metric(Declared):
    """Base of every metric. A bare one takes the first loss's pair.

    Its value is the mean over the batch, so that batches average by their sizes. `higher_is_better` says which epoch
    is the best.
    """

    higher_is_better: bool = True

    def target(self, prediction: Value) -> TargetSpec:
        """The target that goes with a prediction; raises ShapeError."""
        raise AssertionError("a metric declares target")

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        """The metric as a float32 scalar."""
        raise AssertionError("a metric declares build")


metric = Registry[Metric]("metric", __package__)
"""Decorator that registers a metric: `@metric("word")`; `metric.all()` gives every one by its word."""
