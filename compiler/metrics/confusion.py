"""The confusion matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import TargetSpec
from netc.compiler.metrics.base import Figure, metric
from netc.compiler.metrics.labels import Labels, flat, number_of_labels

if TYPE_CHECKING:
    from netc.compiler.metrics.base import Array


@metric("confusion")
class Confusion(Labels):
    """How many of each class are predicted as each: a row for each label, a column for each prediction.

    prediction: scores `[C]`, `[T, C]` or `[C, H, W]`; the highest is predicted. target: labels. With `binary=true` the
    prediction is the logit of a yes, one an example or position, and the target 0 or 1: [[tn, fp], [fn, tp]].
    """

    also = ("confusion_matrix",)
    samples = (
        Pair("confusion(prediction, target)", "4"),
        Pair("confusion(prediction, target, ignore_index=2)", "3x3"),
        Pair("confusion(prediction, target)", "3x2x2"),
        Pair("confusion(prediction, target, binary=true)", "float", targets=(0, 1)),
        Pair("confusion(prediction, target, binary=true, threshold=0.3)", "1", targets=(0, 1)),
    )
    errors = (
        Wrong("confusion(prediction, target)", "1", code="E301", says="confusion needs a score for each class"),
        Wrong("confusion(prediction, target, binary=true)", "3", code="E301", says="confusion of yes or no is of one"),
        Wrong("confusion(prediction, target, threshold=0.7)", "3", code="E224", says="the highest score decides"),
    )

    @property
    def single(self) -> bool:
        return False

    def target(self, prediction: Value) -> TargetSpec:
        if self.binary and number_of_labels(prediction) != 1:
            raise ShapeError(
                f"confusion of yes or no is of one logit, found {number_of_labels(prediction)}",
                help="leave `binary` out where these are the scores of classes",
            )
        return super().target(prediction)

    def tally(self, g: Builder, *given: Value, mask: Value | None = None) -> dict[str, Value]:
        prediction, target = given
        found, there = self.predicted(g, prediction), self.actual(g, prediction, target)
        rows = [flat(g, g.Cast(truths, to=DType.FLOAT32)) for truths in (there, found)]
        if self.binary:
            rows = [g.Concat(g.Sub(1.0, truths), truths, axis=1) for truths in rows]
        weights = flat(g, self.weights(g, prediction, target, mask))
        weighted = g.Mul(rows[0], weights)
        return {"matrix": g.MatMul(g.Transpose(weighted, axes=(1, 0)), rows[1])}

    def figure(self, sums: Mapping[str, Array]) -> Figure:
        return [[float(count) for count in row] for row in sums["matrix"]]

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        if self.binary:
            found, there = (torch.sigmoid(prediction) > self.threshold).long(), (target > 0.5).long()
        else:
            found, there = prediction.argmax(1 if prediction.ndim > 3 else -1), target
        pairs = [(int(a), int(b)) for a, b in zip(there.reshape(-1), found.reshape(-1), strict=True)]
        classes = range(2 if self.binary else prediction.shape[1 if prediction.ndim > 3 else -1])
        return torch.tensor(
            [[float(pairs.count((a, b)) if a != self.ignore_index else 0) for b in classes] for a in classes]
        )
