"""What a loss declares: which target it takes, and its value as a graph."""

from __future__ import annotations

from dataclasses import dataclass

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.ir import Builder, DType, Shape, Value


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What the data must supply: element type, shape `[N, …]`, and for class labels their number."""

    dtype: DType
    shape: Shape
    classes: int | None = None


class Loss(Declared):
    """Base of every loss. Called in a train section as `word(prediction, target, arguments by name)`."""

    def target(self, prediction: Value) -> TargetSpec:
        """The target that goes with a prediction; raises ShapeError where the prediction does not fit the loss."""
        raise AssertionError("a loss declares target")

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        """The loss as a scalar: the mean over the batch."""
        raise AssertionError("a loss declares build")


loss = Registry[Loss]("loss", __package__)
"""Decorator that registers a loss: `@loss("word")`; `loss.all()` gives every one by its word."""
