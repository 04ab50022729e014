"""Two networks layer by layer: which belong together, what differs, and how a count came to differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from netc.compiler.compare.align import Pair, align, slid
from netc.compiler.compare.layers import Layer, layers_of, sources
from netc.compiler.facts.count import Totals, totals
from netc.compiler.ir import Size
from netc.compiler.net import Net

ALIKE = frozenset(("pooling", "activations", "normalization"))
"""Families in which one layer may stand in the place of another."""


class Status(StrEnum):
    """What became of a layer.

    same     it has the same arguments, shapes and sources
    renamed  the same, under another name
    rewired  the same, but it reads from others
    changed  of another kind, of other arguments or of another shape
    removed, added   in one network alone
    """

    SAME = "same"
    RENAMED = "renamed"
    REWIRED = "rewired"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Match:
    """A layer before and after, one of which may be None."""

    before: Layer | None
    after: Layer | None
    status: Status

    @property
    def params(self) -> int:
        """Numbers in the weights: how many more there are after."""
        return (self.after.params if self.after else 0) - (self.before.params if self.before else 0)

    @property
    def flops(self) -> Size:
        """Multiply-accumulates: how many more there are after."""
        return (self.after.flops if self.after else 0) - (self.before.flops if self.before else 0)

    @property
    def activations(self) -> Size:
        """Numbers in the outputs: how many more there are after."""
        return (self.after.activations if self.after else 0) - (self.before.activations if self.before else 0)

    @property
    def arguments(self) -> Mapping[str, tuple[str | None, str | None]]:
        """Arguments that differ, before and after, of a layer that is in both."""
        if self.before is None or self.after is None:
            return {}
        old, new = self.before.arguments, self.after.arguments
        names = dict.fromkeys((*old, *new))
        return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


class Difference:
    """How one network becomes another: `matches` in the order in which both run.

    called  where the two come from, for a title of networks that are called alike
    """

    def __init__(self, before: Net, after: Net, called: tuple[str, str] | None = None) -> None:
        self.before, self.after, self.called = before, after, called
        self.layers = layers_of(before), layers_of(after)
        self.matches = list(_matches(self.layers, (before, after)))

    @cached_property
    def totals(self) -> tuple[Totals, Totals]:
        """What each costs."""
        return totals(self.before), totals(self.after)

    @property
    def same(self) -> bool:
        """Whether there is nothing to tell: layers, names, inputs and outputs are equal."""
        return self.same_ports and all(match.status is Status.SAME for match in self.matches)

    @property
    def same_ports(self) -> bool:
        """Whether inputs and outputs have the same names, types and shapes."""
        return _ports(self.before) == _ports(self.after)


def _ports(net: Net) -> object:
    inputs = [(value.name, value.dtype, str(value.shape)) for value in net.inputs]
    return inputs, [(name, value.dtype, str(value.shape)) for name, value in net.outputs.items()]


def _matches(sides: tuple[list[Layer], list[Layer]], nets: tuple[Net, Net]) -> Iterator[Match]:
    before, after = sides
    kinds = [layer.kind for layer in before], [layer.kind for layer in after]
    pairs = align(*kinds, lambda a, b: likeness(before[a], after[b]))
    pairs = slid(pairs, *kinds, lambda side, place: _cut(sides[side], place))
    pairs = _moved(pairs, sides)
    partner = {a: b for a, b in pairs if a is not None and b is not None}
    partner |= {-at: -at for at in range(1, 1 + min(len(net.inputs) for net in nets))}
    reads = sources(before, nets[0]), sources(after, nets[1])
    for a, b in pairs:
        if a is None or b is None:
            one, other = before[a] if a is not None else None, after[b] if b is not None else None
            yield Match(one, other, Status.ADDED if a is None else Status.REMOVED)
        else:
            yield Match(before[a], after[b], _status(before[a], after[b], reads[0][a], reads[1][b], partner))


def likeness(one: Layer, other: Layer) -> int:
    """How well two layers belong together; 0 where they don't."""
    if one.kind == other.kind:
        return 12
    same_shape, same_weights = one.shape == other.shape, one.weights == other.weights
    if one.word == other.word:
        return 4 + 2 * same_shape + 2 * same_weights
    if one.family == other.family and one.family in ALIKE:
        return 3 + 2 * same_shape
    same_count = one.params == other.params > 0 and one.size == other.size
    return 5 if same_count else 0


def _cut(layers: Sequence[Layer], place: int) -> int:
    """How deep inside the parts of the text a gap would begin."""
    return layers[place].depth if place < len(layers) else 0


def _moved(pairs: list[Pair], sides: tuple[list[Layer], list[Layer]]) -> list[Pair]:
    """Pairs for layers that stand in another place of the order, under the same name and in all else the same."""
    left = {sides[0][a].path: a for a, b in pairs if a is not None and b is None}
    found: dict[int, int] = {}
    for a, b in pairs:
        if a is None and b is not None:
            other = left.get(sides[1][b].path)
            if other is not None and sides[0][other].kind == sides[1][b].kind:
                found[b] = other
    found |= _crossed(pairs, sides)
    gone = set(found.values())
    return [(found[b], b) if b in found and a is None else (a, b)
            for a, b in pairs if not (b is None and a in gone)]  # fmt: skip


def _crossed(pairs: list[Pair], sides: tuple[list[Layer], list[Layer]]) -> dict[int, int]:
    """Layers with as many weights and outputs that stand on two sides of a flatten or the like, by place after."""
    found: dict[int, int] = {}
    waiting: tuple[list[int], list[int]] = [], []
    for a, b in pairs:
        one, other = sides[0][a] if a is not None else None, sides[1][b] if b is not None else None
        if one is not None and other is not None:
            if one.params or other.params:
                waiting = [], []
        elif one is not None and a is not None and one.params:
            waiting[0].append(a)
        elif other is not None and b is not None and other.params:
            waiting[1].append(b)
        for first in waiting[0]:
            partner = next((second for second in waiting[1] if likeness(sides[0][first], sides[1][second])), None)
            if partner is not None:
                found[partner] = first
                waiting[0].remove(first)
                waiting[1].remove(partner)
                break
    return found


def _status(
    before: Layer, after: Layer, read: frozenset[int], reads: frozenset[int], partner: Mapping[int, int]
) -> Status:
    """What became of a layer that is in both; where it reads from one that is not, that one is told instead."""
    if before.kind != after.kind:
        return Status.CHANGED
    if partner.keys() >= read and {partner[source] for source in read} != reads and set(partner.values()) >= reads:
        return Status.REWIRED
    return Status.SAME if before.path == after.path else Status.RENAMED
