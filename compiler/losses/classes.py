"""Which axis of a prediction holds the classes, shared by losses and metrics of class labels."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Shape, Value, format_shape, is_batched
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import constant_size, language_shape, require_floats
from netc.compiler.losses.base import TargetSpec


def class_axis(prediction: Value) -> int:
    """The graph's axis of the classes: the last of `[C]` and of a sequence `[T, C]`, channels of a map `[C, H, W]`."""
    rank = len(language_shape(prediction))
    return int(is_batched(prediction)) if rank >= 3 else prediction.rank - 1


def label_target(word: str, prediction: Value) -> TargetSpec:
    """Integer labels, one where the prediction has a score for each class; raises ShapeError."""
    require_floats(word, prediction)
    shape = language_shape(prediction)
    if not shape:
        raise ShapeError(
            f"{word} needs a score for each class, found a single number an example",
            help="end the net with `dense(classes)`",
        )
    axis = class_axis(prediction)
    classes = constant_size(prediction.shape[axis], "the number of classes")
    if classes < 2:
        raise ShapeError(
            f"{word} needs a score for each class, found {format_shape(shape)}",
            help="give the last layer one output a class: two for a yes or no",
        )
    return TargetSpec(DType.INT64, without(prediction.shape, axis), classes)


def without(shape: Shape, axis: int) -> Shape:
    """The shape without one axis."""
    return (*shape[:axis], *shape[axis + 1 :])


def at_label(g: Builder, scores: Value, labels: Value) -> Value:
    """The score of each label, [N, C, H, W] and labels [N, H, W] -> [N, H, W]; the others may be infinite."""
    axis = class_axis(scores)
    classes = constant_size(scores.shape[axis], "the number of classes")
    numbers = g.constant(range(classes), DType.INT64)
    numbers = g.Reshape(numbers, shape=(classes, *[1] * (scores.rank - axis - 1)))
    beside = g.Reshape(labels, shape=(*labels.shape[:axis], 1, *labels.shape[axis:]))
    return g.ReduceSum(g.Where(g.Equal(beside, numbers), scores, 0.0), axes=(axis,))


def mean(g: Builder, x: Value) -> Value:
    """The mean over everything, a scalar."""
    return g.ReduceMean(x, axes=tuple(range(x.rank)))
