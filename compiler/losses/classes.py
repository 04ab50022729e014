"""Labels of classes, and yes or no, shared by losses and metrics."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Value, format_shape
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import constant_size, language_shape, require_floats
from netc.compiler.losses.base import TargetSpec
from netc.compiler.losses.mean import class_axis, mean, without

__all__ = [
    "SHARES",
    "at_label",
    "class_axis",
    "label_target",
    "mean",
    "number_of_classes",
    "one_hot",
    "without",
    "yes_or_no",
]

SHARES = (0.0, 1.0)
"""What a yes, or the share of a class, lies between."""


def label_target(word: str, prediction: Value, ignored: int | None = None, *, binary: bool = False) -> TargetSpec:
    """Integer labels, one where the prediction has a score for each class; raises ShapeError.

    binary  whether the word takes `binary=true`, which is then the way out for a prediction of one number
    """
    require_floats(word, prediction)
    shape = language_shape(prediction)
    way_out = f", or write `{word}(…, binary=true)` for the logit of a yes" if binary else ""
    if not shape:
        raise ShapeError(
            f"{word} needs a score for each class, found a single number an example",
            help=f"end the net with `dense(classes)`{way_out}",
        )
    classes = constant_size(prediction.shape[class_axis(prediction)], "the number of classes")
    if classes < 2:
        raise ShapeError(
            f"{word} needs a score for each class, found {format_shape(shape)}",
            help=f"give the last layer one output a class: two for a yes or no{way_out}",
        )
    return TargetSpec(DType.INT64, without(prediction.shape, class_axis(prediction)), classes, ignored)


def yes_or_no(word: str, prediction: Value) -> TargetSpec:
    """Numbers from 0 to 1, one for each of the prediction's; raises ShapeError."""
    require_floats(word, prediction)
    return TargetSpec(DType.FLOAT32, prediction.shape, between=SHARES)


def number_of_classes(scores: Value) -> int:
    """How many classes a prediction has scores of."""
    return constant_size(scores.shape[class_axis(scores)], "the number of classes")


def one_hot(g: Builder, labels: Value, scores: Value) -> Value:
    """Whether each score is that of the label, as truths: labels [N, H, W] and scores [N, C, H, W] -> [N, C, H, W]."""
    axis, classes = class_axis(scores), number_of_classes(scores)
    numbers = g.constant(range(classes), DType.INT64)
    numbers = g.Reshape(numbers, shape=(classes, *[1] * (scores.rank - axis - 1)))
    beside = g.Reshape(labels, shape=(*labels.shape[:axis], 1, *labels.shape[axis:]))
    return g.Equal(beside, numbers)


def at_label(g: Builder, scores: Value, labels: Value) -> Value:
    """The score of each label, [N, C, H, W] and labels [N, H, W] -> [N, H, W]; the others may be infinite."""
    return g.ReduceSum(g.Where(one_hot(g, labels, scores), scores, 0.0), axes=(class_axis(scores),))
