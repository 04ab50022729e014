"""Dynamic loss scaling as nodes of the training step (Micikevicius et al. 2018, arXiv:1710.03740).

float16 has no numbers below 6e-8, and many gradients are smaller. The loss is multiplied before the backward pass, and
the gradients are divided by the same number before anybody uses them. Where one of them is not finite, the step changes
nothing but the scale, which is halved; after enough good steps in a row it is doubled, as in PyTorch's GradScaler.
"""

from __future__ import annotations

import math

from netc.compiler.ir import Builder, DType, Value
from netc.compiler.training.assembly import Assembly

LOSS_SCALE = ("loss_scale", "good_steps")
"""What its state is called: the scale, and the good steps since it last changed."""

START = 2.0**16
"""The scale of the first step."""

GROWTH_STEPS = 2000
"""Good steps in a row after which the scale is doubled."""

SMALLEST_SCALE, LARGEST_SCALE = 2.0**-24, 2.0**100
"""Where the scale stays: below the first no gradient is finite for another reason than its size."""

FIXED = 2.0**10
"""The scale where gradients themselves are asked for, and no step follows that could change it."""

Slopes = list[tuple[Value, Value]]
"""What moves, a parameter or an input, and its gradient."""


class LossScale:
    """The scale of one training step: its state becomes two inputs and two outputs of the graph."""

    def __init__(self, a: Assembly) -> None:
        self.a = a
        self.g = a.builder("optimizer")
        self.scale = a.input(LOSS_SCALE[0], DType.FLOAT32, (), "state", "what the loss is multiplied by", initial=START)
        self.good = a.input(LOSS_SCALE[1], DType.FLOAT32, (), "state", "steps since the loss scale last changed")

    def applied(self, loss: Value) -> Value:
        """What the backward pass starts from."""
        return self.a.builder("loss", "scale").Mul(loss, self.scale)

    def unscaled(self, slopes: Slopes) -> Slopes:
        """The gradients themselves, from those of the scaled loss."""
        inverse = self.g.Reciprocal(self.scale)
        return [(value, self.a.builder("optimizer", value.name).Mul(slope, inverse)) for value, slope in slopes]

    def finite(self, loss: Value, slopes: Slopes) -> Value:
        """Whether the loss and all gradients of the scaled one are finite: only then is the sum of them all.

        Vectors, of which deep nets have hundreds, are added up together.
        """
        vectors = [slope for _, slope in slopes if slope.rank == 1]
        others = [slope for _, slope in slopes if slope.rank != 1]
        if vectors:
            others.append(self.g.Concat(*vectors, axis=0))
        total = loss
        for slope in others:
            total = self.g.Add(total, self.g.ReduceSum(slope, axes=tuple(range(slope.rank))))
        return self.g.Less(self.g.Abs(total), math.inf)

    def keep(self, finite: Value) -> None:
        """Let new parameters, buffers and state be the old ones where gradients are not finite."""
        outputs = self.a.graph.outputs
        for name, old in self.a.replaced().items():
            outputs[name] = Builder(self.a.graph, outputs[name].origin).Where(finite, outputs[name], old)

    def guard(self, finite: Value) -> None:
        """`keep`, and the scale of the next step."""
        self.keep(finite)
        g, scale = self.g, self.scale
        count = g.Where(finite, g.Add(self.good, 1.0), 0.0)
        enough = g.GreaterOrEqual(count, float(GROWTH_STEPS))
        grown = g.Where(enough, g.Min(g.Mul(scale, 2.0), LARGEST_SCALE), scale)
        scale = g.Where(finite, grown, g.Max(g.Mul(scale, 0.5), SMALLEST_SCALE))
        count = g.Where(enough, 0.0, count)
        self.a.output("loss_scale.next", scale, "state", "loss scale of the next step", of=self.scale.name)
        self.a.output("good_steps.next", count, "state", "good steps so far", of=self.good.name)
