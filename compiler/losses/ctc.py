"""Connectionist temporal classification: labels in their order, without the steps they belong to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from netc.compiler.declare.arguments import Boolean, Integer, Optional_, argument
from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import BATCH, Builder, DType, Value, format_shape
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import constant_size, language_shape, require_floats
from netc.compiler.losses.alignments import NEVER, all_alignments
from netc.compiler.losses.base import ANY, LabelRow, Loss, TargetSpec, loss
from netc.compiler.losses.mean import mean, spread, total, weighted, weighted_mean


@loss("ctc")
class Ctc(Loss):
    """-log p(labels) / number of labels, the mean over examples, where p adds up the probability of every way in which
    the steps can say the labels (Graves et al. 2006): `ctc(logits, label)`.

    prediction: logits of a sequence `[T, C]`, before any softmax; one of the classes, `blank`, says nothing. A way of
    saying the labels gives each step a class; those that repeat the step before it are left out, then the blanks. So
    two equal labels in a row need a blank between them. target: whole numbers other than the blank, a row of any
    length `[L]` an example; its labels end at the first `padding`, which is the blank unless given. Without labels all
    steps are blank, and the divisor is 1.

    `mask` says which steps count, `[T]`: those of 0 are passed over, as if the sequence were shorter. A value of the
    net with one number an example weighs examples instead. Where there are too few steps for the labels, the loss is
    infinite: such rows of the data are refused, and fewer steps that count end a training; with `zero_infinity=true`
    it is 0. Both ways the slopes of such an example are 0, where PyTorch has NaN for infinite ones. The sum is over
    logarithms, brought back to 0 after each step, so that neither large logits nor long sequences lose digits. As
    PyTorch's `ctc_loss` of `log_softmax`; Keras's `CTC` does not divide by the number of labels.
    """

    also = ("CTCLoss", "ctc_batch_cost", "connectionist_temporal_classification")

    blank: int = argument(Integer(0), "the class that says nothing", default=0)
    padding: int | None = argument(
        Optional_(Integer()), "what stands in a row behind its labels; the blank unless given", default=None
    )
    zero_infinity: bool = argument(
        Boolean(), "whether labels that the steps are too few for have the loss 0", default=False
    )

    samples = (
        Pair("ctc(prediction, target)", "9x4"),
        Pair("ctc(prediction, target, blank=2)", "7x3"),
        Pair("ctc(prediction, target, blank=3, padding=-1)", "7x4", targets=(-1, 3)),
        Pair("ctc(prediction, target, zero_infinity=true)", "3x5"),
        Pair("ctc(prediction, target)", "9x2"),
    )
    errors = (
        Wrong(
            "ctc(prediction, target)", "7", code="E301", says="ctc goes through a sequence of scores `[T, C]`, found 7"
        ),
        Wrong("ctc(prediction, target)", "float", code="E301", says="`[T, C]`, found a single number an example"),
        Wrong("ctc(prediction, target)", "5x1", code="E301", says="ctc needs a score for each class and the blank"),
        Wrong("ctc(prediction, target, blank=4)", "5x4", code="E301", says="the blank is class 4 of 4"),
        Wrong("ctc(prediction, target, blank=-1)", "5x4", code="E224", says="a whole number from 0"),
    )

    @property
    def infinite(self) -> str | None:
        if self.zero_infinity:
            return None
        return (
            "leave out examples with too few steps for their labels, or count them as 0: `ctc(…, zero_infinity=true)`"
        )

    @property
    def end(self) -> int:
        """The number behind which a row has no labels."""
        return self.blank if self.padding is None else self.padding

    def target(self, prediction: Value) -> TargetSpec:
        require_floats("ctc", prediction)
        shape = language_shape(prediction)
        if len(shape) != 2:
            found = format_shape(shape) if shape else "a single number an example"
            raise ShapeError(f"ctc goes through a sequence of scores `[T, C]`, found {found}",
                             help="give each step a score for each class and the blank")  # fmt: skip
        classes = constant_size(shape[1], "the number of classes")
        if classes < 2:
            raise ShapeError(f"ctc needs a score for each class and the blank, found {format_shape(shape)}",
                             help="give the last layer one output a class, and one more")  # fmt: skip
        if self.blank >= classes:
            raise ShapeError(f"the blank is class {self.blank} of {classes}", argument="blank",
                             help=f"number it from 0 to {classes - 1}")  # fmt: skip
        row = LabelRow(self.blank, self.end, () if self.zero_infinity else (shape[0],))
        return TargetSpec(DType.INT64, (BATCH, ANY), classes, self.padding, row=row)

    def _each(self, g: Builder, given: Sequence[Value], steps: Value | None = None) -> Value:
        """The loss of each example, of the steps that count."""
        prediction, target = given
        ended = g.CumSum(g.Cast(g.Equal(target, g.constant(self.end, DType.INT64)), to=DType.INT64), axis=1)
        are = g.Equal(ended, g.constant(0, DType.INT64))
        labels = g.Where(are, target, g.constant(self.blank, DType.INT64))
        count = g.ReduceSum(g.Cast(are, to=DType.INT64), axes=(1,))
        logs = g.LogSoftmax(prediction, axis=2)
        chance = all_alignments(g, logs, labels, count, self.blank, steps)
        several = g.Max(g.Cast(count, to=DType.FLOAT32), 1.0)
        possible = g.Greater(chance, NEVER / 2)
        return g.Where(possible, g.Div(g.Neg(chance), several), 0.0 if self.zero_infinity else math.inf)

    def build(self, g: Builder, *given: Value, mask: Value | None = None) -> Value:
        if mask is None or mask.rank > 1:
            return mean(g, self._each(g, given, mask))
        return weighted_mean(g, self._taken(g, given, mask), None, mask, mask.shape)

    def sums(self, g: Builder, *given: Value, mask: Value | None = None) -> tuple[Value, Value] | None:
        if mask is None or mask.rank > 1:
            return None
        numbers, weights = weighted(g, self._taken(g, given, mask), None, mask, mask.shape)
        return total(g, numbers), total(g, weights)

    def _taken(self, g: Builder, given: Sequence[Value], mask: Value) -> Value:
        """The loss of each example; 0, and not infinite, where the mask takes one out."""
        each = self._each(g, given)
        return g.Where(g.Equal(spread(g, mask, each, each.shape), 0.0), 0.0, each)

    def formula(self, torch: Any, *given: Any) -> Any:
        logits, target = given
        lengths = ((target == self.end).cumsum(1) == 0).sum(1)
        labels = torch.where(target == self.end, 1 - min(self.blank, 1), target)
        steps = torch.full((len(logits),), logits.shape[1])
        logs = torch.log_softmax(logits, 2).transpose(0, 1)
        return torch.nn.functional.ctc_loss(
            logs, labels, steps, lengths, blank=self.blank, zero_infinity=self.zero_infinity
        )
