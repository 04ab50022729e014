"""The share of labels among the highest scores."""

from __future__ import annotations

from netc.compiler.declare.arguments import SIZE, argument
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.classes import class_axis, label_target, mean
from netc.compiler.metrics.base import Metric, metric


@metric("topk")
class TopK(Metric):
    """The share of labels that are among the `k` highest scores, from 0 to 1: ImageNet's top-5 is `topk(k=5)`.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`. target: whole numbers from 0 to C - 1, without the class axis.
    """

    k: int = argument(SIZE, "how many scores count", default=5)

    def target(self, prediction: Value) -> TargetSpec:
        spec = label_target("topk", prediction)
        assert spec.classes is not None
        if self.k > spec.classes:
            raise ShapeError(
                f"topk counts {self.k} of {spec.classes} classes",
                argument="k",
                help=f"give k a number from 1 to {spec.classes - 1}",
            )
        return spec

    def build(self, g: Builder, prediction: Value, target: Value) -> Value:
        axis = class_axis(prediction)
        _, indices = g.add("TopK", (prediction,), {"k": self.k, "axis": axis})
        shape = (*target.shape[:axis], 1, *target.shape[axis:])
        found = g.Cast(g.Equal(indices, g.Reshape(target, shape=shape)), to=DType.FLOAT32)
        return mean(g, g.ReduceSum(found, axes=(axis,)))
