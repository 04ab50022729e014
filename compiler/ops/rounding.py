"""Rounding to whole numbers. The slope is 0 wherever there is one, so no gradient flows."""

from __future__ import annotations

from typing import ClassVar

from netc.compiler.ops.base import Sample, op, sample
from netc.compiler.ops.facts import Half
from netc.compiler.ops.unary import FloatUnary


class Rounding(FloatUnary):
    """A whole number near x, as a floating-point number."""

    half = Half.NEVER
    differentiable = False
    samples: ClassVar[tuple[Sample, ...]] = (sample((2, 3), ranges=((-3, 3),)), sample(()), sample((7,)))


@op
class Floor(Rounding):
    """The largest whole number that is not above x."""

    torch_name = "floor"


@op
class Ceil(Rounding):
    """The smallest whole number that is not below x."""

    torch_name = "ceil"


@op
class Round(Rounding):
    """The nearest whole number; of two that are equally near, the even one."""

    torch_name = "round"
