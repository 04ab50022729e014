"""Cross entropy of class labels."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.also import Also
from netc.compiler.declare.arguments import Boolean, Integer, Optional_, Real, argument
from netc.compiler.declare.lists import ClassWeights
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.losses.base import Loss, TargetSpec, loss
from netc.compiler.losses.classes import SHARES, at_label, class_axis, label_target, number_of_classes, one_hot
from netc.grammar.counted import counted


@loss("cross_entropy")
class CrossEntropy(Loss):
    """-log softmax(prediction)[label], the mean over examples and positions: `cross_entropy(logits, label)`.

    prediction: logits, before any softmax: `[C]`, a sequence `[T, C]` or a map `[C, H, W]`. target: whole numbers from
    0 to C - 1, one an example, `[T]` or `[H, W]`. Large logits do not overflow, with or without smoothing.

    With `label_smoothing` e the target is 1 - e + e / C at the label and e / C elsewhere (Szegedy et al. 2015,
    arXiv:1512.00567). With `class_weights` w the mean is weighted by w of the labels: sum of w * loss by sum of w;
    `balanced` takes rows / (C * rows of the class), counted in the rows to train on. Positions labelled
    `ignore_index` count in neither sum; where nothing counts, the loss is 0. With `soft=true` the target is not a
    label but as large as the prediction, the share of each class (one-hot, or mixed): -sum of share * w * log softmax.
    All as PyTorch's cross_entropy has it.
    """

    also = (
        "CrossEntropyLoss",
        Also(
            "categorical_crossentropy",
            "of logits, where Keras takes probabilities unless told; `soft=true` for one-hot",
        ),
        Also("sparse_categorical_crossentropy", "of logits here, where Keras takes probabilities unless told"),
        "softmax_cross_entropy",
        "nll",
        "nll_loss",
        "log_loss",
    )

    label_smoothing: float = argument(Real(0, 1, open_high=True), "the share spread over all classes", default=0.0)
    class_weights: tuple[float, ...] | str | None = argument(
        ClassWeights(), "how much each class counts, or `balanced`", default=None
    )
    ignore_index: int | None = argument(Optional_(Integer()), "a label that counts for nothing", default=None)
    soft: bool = argument(Boolean(), "whether the target is a share of each class", default=False)

    samples = (
        Pair("cross_entropy(prediction, target)", "7"),
        Pair("cross_entropy(prediction, target)", "5x7"),
        Pair("cross_entropy(prediction, target)", "7x3x2"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.1)", "7"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.25)", "5x7"),
        Pair("cross_entropy(prediction, target, label_smoothing=0.5)", "2x3x2"),
        Pair("cross_entropy(prediction, target, class_weights=[1, 0.5, 4])", "3"),
        Pair("cross_entropy(prediction, target, class_weights=[1, 0.5, 4], label_smoothing=0.1)", "3x2x2"),
        Pair("cross_entropy(prediction, target, ignore_index=0)", "4x3"),
        Pair("cross_entropy(prediction, target, ignore_index=1, class_weights=[1, 0.5, 4])", "3x2x2"),
        Pair("cross_entropy(prediction, target, soft=true)", "4", targets=(0, 1)),
        Pair("cross_entropy(prediction, target, soft=true, label_smoothing=0.2)", "2x4", targets=(0, 1)),
        Pair("cross_entropy(prediction, target, soft=true, class_weights=[1, 3])", "2x3x2", targets=(0, 1)),
    )
    errors = (
        Wrong(
            "cross_entropy(prediction, target, class_weights=[1, 2])",
            "3",
            code="E301",
            says="cross_entropy has 2 weights for 3 classes",
        ),
        Wrong(
            "cross_entropy(prediction, target, class_weights=[1, -2])",
            "2",
            code="E224",
            says="a list of numbers of at least 0, or `balanced`",
        ),
        Wrong(
            "cross_entropy(prediction, target, soft=true, ignore_index=0)",
            "3",
            code="E224",
            says="a target of shares has no label to ignore",
        ),
        Wrong(
            "cross_entropy(prediction, target, soft=true, class_weights=balanced)",
            "3",
            code="E224",
            says="a target of shares has no labels to count",
        ),
        Wrong(
            "cross_entropy(prediction, target)",
            "float",
            code="E301",
            says="cross_entropy needs a score for each class, found a single number an example",
        ),
        Wrong(
            "cross_entropy(prediction, target)",
            "1",
            code="E301",
            says="cross_entropy needs a score for each class, found 1",
        ),
        Wrong(
            "cross_entropy(prediction, target)",
            "int 7",
            code="E302",
            says="cross_entropy works on floating-point numbers, found int64",
        ),
        Wrong(
            "cross_entropy(prediction, target, label_smoothing=1)",
            "7",
            code="E224",
            says="a number of at least 0 and below 1, found 1",
        ),
    )

    def conflict(self) -> tuple[str, str, str] | None:
        if self.soft and self.ignore_index is not None:
            return "ignore_index", "a target of shares has no label to ignore", "weight positions with `mask=` instead"
        if self.soft and self.class_weights == "balanced":
            return "class_weights", "a target of shares has no labels to count", "give a list of numbers"
        return None

    def target(self, prediction: Value) -> TargetSpec:
        labels = label_target("cross_entropy", prediction, self.ignore_index)
        if self.class_weights not in (None, "balanced") and len(self.class_weights) != labels.classes:
            raise ShapeError(
                f"cross_entropy has {counted(len(self.class_weights), 'weight')} for "
                f"{counted(labels.classes or 0, 'class', 'classes')}",
                argument="class_weights",
                help="give a weight for each class, in their order",
            )
        return TargetSpec(DType.FLOAT32, prediction.shape, between=SHARES) if self.soft else labels

    def each(self, g: Builder, *given: Value) -> Value:
        prediction, target = given
        if not self.soft and self.label_smoothing == 0.0 and self.class_weights is None:
            logs = g.Neg(at_label(g, g.LogSoftmax(prediction, axis=class_axis(prediction)), target))
        else:
            logs = self._weighted(g, prediction, target)
        return logs if self.ignore_index is None else g.Where(self._counted(g, target), logs, 0.0)

    def _counted(self, g: Builder, labels: Value) -> Value:
        """Whether a label is another than that to ignore."""
        assert self.ignore_index is not None
        return g.Not(g.Equal(labels, g.constant(self.ignore_index, DType.INT64)))

    def _class_weights(self, g: Builder, prediction: Value) -> Value:
        """One weight a class, along the prediction's axis of classes."""
        classes, axis = number_of_classes(prediction), class_axis(prediction)
        numbers = self.class_weights
        assert isinstance(numbers, tuple), "weights that the data decides are numbers before a graph is made"
        return g.Reshape(g.constant(numbers, DType.FLOAT32), shape=(classes, *[1] * (prediction.rank - axis - 1)))

    def counts(self, g: Builder, *given: Value) -> Value | None:
        prediction, target = given
        if self.soft or (self.class_weights is None and self.ignore_index is None):
            return None
        if self.class_weights is None:
            return g.Cast(self._counted(g, target), to=DType.FLOAT32)
        weights = g.Expand(self._class_weights(g, prediction), shape=prediction.shape)
        found = at_label(g, weights, target)
        return found if self.ignore_index is None else g.Where(self._counted(g, target), found, 0.0)

    def _weighted(self, g: Builder, prediction: Value, target: Value) -> Value:
        """Every class counts, and a logarithm may exceed the largest float32 though its share of the loss doesn't.

        So half of each logit's distance to the largest is taken, which never overflows, and weighted before it is
        doubled and added up.
        """
        axis, share = class_axis(prediction), self.label_smoothing
        half = g.Mul(prediction, 0.5)
        below = g.Sub(half, g.ReduceMax(half, axes=(axis,), keepdims=True))
        total = g.Log(g.ReduceSum(g.Exp(g.Mul(below, 2.0)), axes=(axis,)))
        shares = target if self.soft else g.Cast(one_hot(g, target, prediction), to=DType.FLOAT32)
        shares = g.Add(g.Mul(shares, 1.0 - share), share / number_of_classes(prediction))
        if self.class_weights is not None:
            shares = g.Mul(shares, self._class_weights(g, prediction))
        scores = g.ReduceSum(g.Mul(g.Mul(shares, 2.0), below), axes=(axis,))
        return g.Sub(g.Mul(g.ReduceSum(shares, axes=(axis,)), total), scores)

    def formula(self, torch: Any, *given: Any) -> Any:
        prediction, target = given
        if prediction.ndim == 3:
            prediction = prediction.transpose(1, 2)
            target = target.transpose(1, 2) if self.soft else target
        weights = None if self.class_weights is None else torch.tensor(self.class_weights, dtype=prediction.dtype)
        ignored = {} if self.ignore_index is None else {"ignore_index": self.ignore_index}
        smoothing = self.label_smoothing
        return torch.nn.functional.cross_entropy(
            prediction, target, weight=weights, label_smoothing=smoothing, **ignored
        )
