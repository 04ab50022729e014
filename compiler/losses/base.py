"""What a loss declares: which target it takes, and its value as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Shape, Value


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """What the data must supply: element type, shape `[N, …]`, and for class labels their number."""

    dtype: DType
    shape: Shape
    classes: int | None = None


class Loss(Declared):
    """Base of every loss. Called in a train section as `word(prediction, target, arguments by name)`.

    samples  at least two `Pair`s, which call the two by these names: `Pair("mse(prediction, target)", "3x4")`
    errors   at least one `Wrong` call
    """

    samples: ClassVar[tuple[Pair, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def target(self, prediction: Value) -> TargetSpec:
        """The target that goes with a prediction; raises ShapeError where the prediction does not fit the loss."""
        raise AssertionError("a loss declares target")

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        """The loss as a scalar: the mean over the batch."""
        raise AssertionError("a loss declares build")

    def formula(self, torch: Any, prediction: Any, target: Any) -> Any:
        """The loss of a batch in PyTorch's functions, from tensors in float64 (labels in int64), the batch as axis 0.

        Apart from `build`, which the tests compare with it: its values, and its gradient with this one's slopes.
        """
        raise AssertionError("a loss declares formula")


loss = Registry[Loss](
    "loss", __package__, plural="losses", samples=2, errors=1, declares=("target", "build", "formula")
)
"""Decorator that registers a loss: `@loss("word")`; `loss.all()` gives every one by its word."""
