"""The loss that a net works out itself."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.samples import Pair, Wrong
from netc.compiler.ir import Builder, Value
from netc.compiler.layers.base import require_floats
from netc.compiler.losses.base import Loss, Place, TargetSpec, loss


@loss("mean")
class Mean(Loss):
    """The mean of a value of the net over examples and elements: a loss of your own, `mean(energy)`. It has no target.

    term: any shape. The net works the loss out of its layers, in `train only { … }` where nothing else needs it, and
    takes what it compares with as inputs. It may be below zero, as the logarithm of a density is.
    """

    also = ("add_loss", "custom_loss", "own_loss", "loss_fn", "reduce_mean")
    places = (Place("term"),)

    samples = (
        Pair("mean(term)", "3x2"),
        Pair("mean(term)", "float"),
        Pair("mean(term)", "2x3x4"),
    )
    errors = (
        Wrong("mean(term)", "int 3", code="E302", says="mean works on floating-point numbers, found int64"),
        Wrong("mean(term, target)", "3", code="E411", says="`mean` takes a term"),
    )

    def targets(self, *values: Value) -> tuple[TargetSpec, ...]:
        require_floats(self.word, *values)
        return ()

    @property
    def by_element(self) -> bool:
        return True

    def each(self, g: Builder, *given: Value) -> Value:
        (term,) = given
        return term

    def formula(self, torch: Any, *given: Any) -> Any:
        return given[0].mean()
