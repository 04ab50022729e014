"""Losses of mixed examples: each of them with its own answers and with those of the example it is mixed with.

`mixup` and `cutmix` mix the examples of a batch, in its order, with the same ones in the opposite order. The loss is
s loss(y, t) + (1 - s) loss(y, t'), which is linear in the answers as cross entropy is, and holds for losses of any kind
of answers: labels stay labels. The share s is an input of the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netc.compiler.augmentations.base import Mixing, is_map_beside
from netc.compiler.ir import Builder, DType, Value
from netc.compiler.net import Net
from netc.compiler.ops.slicing import TO_THE_END
from netc.compiler.plan.terms import LossTerm
from netc.compiler.plan.train_plan import TrainPlan
from netc.compiler.training.assembly import Assembly
from netc.compiler.training.scan_gradient import saved_behind


@dataclass(frozen=True)
class Mixed:
    """The share of an example's own answers, and which fields of the data are mixed."""

    share: Value
    fields: frozenset[str]

    def loss(self, g: Builder, term: LossTerm, stand: Sequence[Value], mask: Value | None) -> Value:
        """A term of the loss with the answers of a batch, mixed. `stand` is what stands in the term's places."""
        answers = [opposite(g, value) if item in self.fields else value
                   for value, item in zip(stand, term.given, strict=True)]  # fmt: skip
        weights = opposite(g, mask) if mask is not None and term.mask in self.fields else mask
        own, others = _built(g, term, stand, mask), _built(g, term, answers, weights)
        mixed: Value = g.Add(g.Mul(own, self.share), g.Mul(others, g.Sub(1.0, self.share)))
        return mixed


def opposite(g: Builder, value: Value) -> Value:
    """The rows of a batch in the opposite order."""
    turned: Value = g.Slice(value, starts=(-1,), stops=(-TO_THE_END,), axes=(0,), steps=(-1,))
    return turned


def mixing(plan: TrainPlan) -> Mixing | None:
    """What mixes the examples of a plan."""
    return next((one for one in plan.augmentation if isinstance(one, Mixing)), None)


def take_share(a: Assembly, net: Net, plan: TrainPlan, targets: Mapping[str, Value]) -> Mixed | None:
    """The input of a step whose plan mixes examples. Maps that are cut as images are have answers of their own."""
    mixes = mixing(plan)
    if mixes is None:
        return None
    inputs = {value.name for value in net.inputs}
    cut = {name for name, value in targets.items() if mixes.cuts and is_map_beside(value.shape, net.inputs)}
    note = "share of the loss for the examples' own targets, the rest for those in the opposite order"
    share = a.input("share", DType.FLOAT32, (), "share", note)
    return Mixed(share, frozenset(targets.keys() - inputs - cut))


def loss_of(g: Builder, term: LossTerm, stand: Sequence[Value], mask: Value | None, mixed: Mixed | None) -> Value:
    """The value of a term, mixed where its answers are."""
    if mixed is not None and any(item in mixed.fields for item in term.given):
        return mixed.loss(g, term, stand, mask)
    return _built(g, term, stand, mask)


def _built(g: Builder, term: LossTerm, stand: Sequence[Value], mask: Value | None) -> Value:
    """The value of a term, from which a gradient can go back."""
    first = len(g.graph.nodes)
    return saved_behind(g.graph, first, term.loss.build(g, *stand, mask=mask))
