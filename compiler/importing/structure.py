"""From calls to statements: what flows into what, and which branches begin and end together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netc.compiler.importing.calls import LITERAL, Call, Tie
from netc.compiler.importing.lifting import Lifting
from netc.compiler.importing.ties import tied
from netc.compiler.ir import Value
from netc.compiler.layers.base import layer

BRANCHED = ("add", "sub", "mul", "div", "maximum", "minimum", "average", "concat", "stack", "matmul", "dot")
"""Merges that take branches in braces."""

ACTIVATIONS = (
    "relu", "relu6", "sigmoid", "tanh", "silu", "gelu", "elu", "selu", "celu", "leaky_relu", "hardswish", "hardsigmoid",
    "mish", "softplus", "softsign",
)  # fmt: skip
"""What is written as `act=` of the layer in front."""


@dataclass(eq=False, slots=True)
class Step:
    """One call, with the activation that belongs to it, and sources that are written where it reads them."""

    call: Call
    act: Call | None = None
    inline: tuple[Call, ...] = ()

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What comes out."""
        return self.call.outputs if self.act is None else self.act.outputs

    @property
    def calls(self) -> list[Call]:
        """Its calls, in the order in which they run."""
        return [*self.inline, self.call, *([] if self.act is None else [self.act])]


@dataclass(eq=False, slots=True)
class Merge:
    """A merge of branches that all start from one value."""

    call: Call
    source: Value
    branches: list[list[Item]]

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What comes out."""
        return self.call.outputs

    @property
    def calls(self) -> list[Call]:
        """Its calls, in the order in which they run."""
        return [*(call for branch in self.branches for item in branch for call in item.calls), self.call]


@dataclass(eq=False, slots=True)
class Repeat:
    """Statements that follow themselves: `bodies` has them as often as they do."""

    count: int | str
    bodies: list[list[Item]]

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What comes out."""
        return self.bodies[-1][-1].outputs

    @property
    def calls(self) -> list[Call]:
        """Its calls, in the order in which they run."""
        return [call for body in self.bodies for item in body for call in item.calls]


@dataclass(eq=False, slots=True)
class Use:
    """A block where it is applied.

    parameters  of the block, with their defaults;  arguments: what is given here;  body: the block's statements
    occurrence  the statements that it stands for here
    """

    name: str
    parameters: Mapping[str, Any]
    arguments: Mapping[str, Any]
    body: list[Item]
    occurrence: list[Item]

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What comes out."""
        return self.occurrence[-1].outputs

    @property
    def calls(self) -> list[Call]:
        """Its calls, in the order in which they run."""
        return [call for item in self.occurrence for call in item.calls]


Item = Step | Merge | Repeat | Use


@dataclass(slots=True)
class Structure:
    """Statements in an order in which they can run, how often each value is read, layers that are used repeatedly."""

    items: list[Item]
    uses: dict[Value, int]
    inline: dict[Value, Call] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)

    def source(self, item: Item) -> Value | None:
        """What flows into a statement by the arrow."""
        if isinstance(item, Merge):
            return item.source
        if isinstance(item, Repeat):
            return self.source(item.bodies[0][0])
        if isinstance(item, Use):
            return self.source(item.occurrence[0])
        candidates = item.call.sources if item.call.infix else item.call.sources[:1]
        return next((value for value in candidates if isinstance(value, Value) and value not in self.inline), None)

    def others(self, item: Item) -> list[Value]:
        """What a statement reads by name."""
        if isinstance(item, Merge):
            return [value for branch in item.branches for inner in branch for value in self.others(inner)]
        if isinstance(item, Repeat | Use):
            return []
        reads = [value for value in item.call.reads if value not in self.inline]
        flowing = self.source(item)
        if flowing is not None:
            reads.remove(flowing)
        return reads


def structured(lifting: Lifting) -> Structure:
    """The statements of a lifted network."""
    calls = list(_in_order(lifting))
    ties = tied(calls)
    uses: dict[Value, int] = {}
    for call in calls:
        for value in call.reads:
            uses[value] = uses.get(value, 0) + 1
    for value in lifting.graph.outputs.values():
        uses[value] = uses.get(value, 0) + 1
    inline = {call.outputs[0]: call for call in calls if _is_inline(call, uses[call.outputs[0]])}
    items = [
        Step(call, None, tuple(inline[value] for value in call.reads if value in inline))
        for call in calls
        if call.outputs[0] not in inline
    ]
    structure = Structure(_with_activations(items, uses), uses, inline, ties)
    _branch(structure)
    return structure


def _is_inline(call: Call, uses: int) -> bool:
    """Whether a source is written where it is read."""
    return call.word == LITERAL or (
        not call.reads and uses == 1 and call.word in ("parameter", "arange", "zeros", "ones")
    )


def _in_order(lifting: Lifting) -> Iterator[Call]:
    """Every call after those that it reads, chains together."""
    done: set[Call] = set()
    for value in lifting.graph.outputs.values():
        stack: list[tuple[Value, bool]] = [(value, False)]
        while stack:
            value, ready = stack.pop()
            call = lifting.calls.get(value)
            if call is None or call in done:
                continue
            if ready:
                done.add(call)
                yield call
                continue
            stack.append((value, True))
            stack += [(read, False) for read in reversed(call.reads)]


def _with_activations(items: list[Step], uses: dict[Value, int]) -> list[Item]:
    made = {item.call.outputs[0]: item for item in items}
    known, gone = layer.all(), set()
    for item in items:
        if item.call.word not in ACTIVATIONS:
            continue
        (source,) = item.call.sources
        before = made.get(source) if isinstance(source, Value) else None
        if (
            before is None
            or before.act is not None
            or uses[before.call.outputs[0]] != 1
            or before.call.infix
            or before.call.tie
        ):
            continue
        if "act" in known[before.call.word].arguments:
            before.act = item.call
            gone.add(item)
    return [item for item in items if item not in gone]


def _branch(structure: Structure) -> None:
    """Take branches that start from one value into the braces of the merge in which they end."""
    makers: dict[Value, Item] = {item.outputs[0]: item for item in structure.items if len(item.outputs) == 1}
    gone: set[Item] = set()
    for item in list(structure.items):
        if not isinstance(item, Step):
            continue
        call = item.call
        if call.word not in BRANCHED or len(call.sources) < 2 or item.act is not None:
            continue
        chains = [_chain(structure, makers, value) for value in call.sources if isinstance(value, Value)]
        starts = {start for start, _ in chains}
        if len(chains) < len(call.sources) or len(starts) != 1 or not any(chain for _, chain in chains):
            continue
        (start,) = starts
        if start in structure.inline:
            continue
        branches = [chain for _, chain in chains]
        if call.word in ("add", "mul") and not branches[-1] and len(branches) == 2:
            branches.reverse()  # what goes past the others is named first
        merge = Merge(call, start, branches)
        gone |= {inner for _, chain in chains for inner in chain}
        structure.items[structure.items.index(item)] = merge
        makers[merge.outputs[0]] = merge
        structure.uses[start] -= len(chains) - 1
    structure.items = [item for item in structure.items if item not in gone]


def _chain(structure: Structure, makers: dict[Value, Item], value: Value) -> tuple[Value, list[Item]]:
    """The statements that lead to a value and to nothing else, and what they start from."""
    chain: list[Item] = []
    while structure.uses[value] == 1 and value in makers:
        item = makers[value]
        source = structure.source(item)
        if source is None or structure.others(item):
            break
        chain.insert(0, item)
        value = source
    return value, chain
