"""Which values lie blocked: one walk over the graph that converts an activation once at most in each direction.

A value of the old graph has up to four forms in the new one: plain, blocked, filled (blocked, with channels that
nobody reads behind its own where those fill no block), and channels last. A row of the table
(`rows.py`) asks for the form it wants and says which form it made; a conversion is written when somebody asks for a
form that isn't there, so that pairs of conversions never arise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netc.compiler.ir import Builder, DType, Graph, Node, Origin, Value
from netc.compiler.ops.slicing import pad_axis

Row = Callable[["Layout", Builder, Node], bool]
"""Writes a node in the blocked layout and returns True, or returns False where it does not apply."""


def always(layout: Layout, node: Node) -> bool:
    """all"""
    return True


@dataclass(frozen=True)
class Way:
    """A row with the name by which a caller may choose it.

    when  for which nodes it is taken unless they do;  applies  which nodes it can write, for docs/targets.md
    """

    name: str
    row: Row
    when: Callable[[Layout, Node], bool] = always
    applies: str = "blocked maps"


Rows = Mapping[str, Row | tuple[Way, ...]]
"""For each operator a row, which then is called `blocked`, or several with names of their own, tried in order."""


def ways(rows: Rows) -> dict[str, tuple[Way, ...]]:
    """The rows, all with their names."""
    return {op: row if isinstance(row, tuple) else (Way("blocked", row),) for op, row in rows.items()}


class Layout:
    """The walk: `run` rewrites a graph for blocks of `block` channels."""

    def __init__(self, graph: Graph, block: int) -> None:
        self.block = block
        self.old = graph
        self.new = graph.with_nodes([])
        self.readers = graph.consumers()
        self.outputs = set(graph.outputs.values())
        self.done: set[Node] = set()
        self._plain: dict[Value, Value] = {value: value for value in graph.sources()}
        self._blocked: dict[Value, Value] = {}
        self._filled: dict[Value, Value] = {}
        self._last: dict[Value, Value] = {}
        self._once: dict[tuple[str, Value], Value] = {}

    def run(self, rows: Rows) -> Graph:
        """The whole graph in its new layout, outputs plain."""
        named = ways(rows)
        for node in self.old.nodes:
            if node in self.done:
                continue
            g = Builder(self.new, node.origin)
            if not any(way.when(self, node) and way.row(self, g, node) for way in named.get(node.op, ())):
                self._keep(node)
        self.new.outputs = {name: self.plain(value) for name, value in self.old.outputs.items()}
        return self.new

    # ------------------------------------------------------------ forms
    def plain(self, value: Value) -> Value:
        """The value as ONNX lays it out."""
        if value not in self._plain:
            self._plain[value] = self._unblocked(self._builder(value), value)
        return self._plain[value]

    def blocked(self, value: Value) -> Value:
        """The value in blocks of channels."""
        if value not in self._blocked:
            self._blocked[value] = self._builder(value).ToBlocked(self._plain[value])
        return self._blocked[value]

    def filled(self, channels: int) -> int:
        """So many channels and what fills their last block."""
        return channels + -channels % self.block

    def blocked_and_filled(self, g: Builder, value: Value) -> Value:
        """The blocked form; where the value has too few channels for its last block, others behind them."""
        channels = value.shape[1]
        assert isinstance(channels, int), "only known channels come in blocks"
        if self.can_block(value):
            return self.blocked(value)
        if value not in self._filled:
            missing = self.filled(channels) - channels
            self._filled[value] = g.ToBlocked(pad_axis(g, self.plain(value), 1, 0, missing))
        return self._filled[value]

    def channels_last(self, value: Value) -> Value:
        """The value as [N, H, W, C]."""
        if value not in self._last:
            g = self._builder(value)
            if value in self._blocked:
                self._last[value] = g.FromBlocked(self._blocked[value], channels_last=True)
            else:
                self._last[value] = g.Transpose(self.plain(value), axes=(0, 2, 3, 1))
        return self._last[value]

    def as_it_lies(self, g: Builder, value: Value) -> Value:
        """The blocked form under the shape that its memory has: [N, C / block, H, W, block]."""
        batch, channels, height, width = value.shape
        return g.Reshape(self.blocked(value), shape=(batch, channels // self.block, height, width, self.block))

    def set_plain(self, value: Value, new: Value) -> bool:
        """A row made this value in plain form."""
        self._plain[value] = new
        return True

    def set_blocked(self, value: Value, new: Value) -> bool:
        """A row made this value in blocked form."""
        self._blocked[value] = new
        return True

    def set_result(self, value: Value, new: Value) -> bool:
        """A row made this value in blocked form, with channels that nobody reads where its own fill no block."""
        if self.can_block(value):
            return self.set_blocked(value, new)
        self._filled[value] = new
        return True

    def is_blocked(self, value: Value) -> bool:
        """Whether the blocked form is there already."""
        return value in self._blocked

    def is_in_blocks(self, value: Value) -> bool:
        """Whether the blocked form is there already, or the filled one."""
        return value in self._blocked or value in self._filled

    def can_block(self, value: Value) -> bool:
        """Whether a blocked form exists: a map with whole blocks of channels."""
        channels = value.shape[1] if value.rank == 4 else None
        return isinstance(channels, int) and channels % self.block == 0

    def once(self, kind: str, value: Value, make: Callable[[], Value]) -> Value:
        """A derived form of a value, such as blocked weights, made when first asked for."""
        key = (kind, value)
        if key not in self._once:
            self._once[key] = make()
        return self._once[key]

    def remember(self, kind: str, value: Value, made: Value) -> None:
        """A row made this derived form."""
        self._once[kind, value] = made

    def has(self, kind: str, value: Value) -> bool:
        """Whether a derived form was made."""
        return (kind, value) in self._once

    # ------------------------------------------------------------ neighbours
    def has_reader(self, value: Value, op: str) -> bool:
        """Whether some node of this kind reads a value."""
        return any(node.op == op for node in self.readers.get(value, []))

    def only_reader(self, value: Value, op: str) -> Node | None:
        """The node that alone reads a value, if it is of this kind and the value is no output."""
        readers = self.readers.get(value, [])
        if len(readers) == 1 and readers[0].op == op and value not in self.outputs:
            return readers[0]
        return None

    def _unblocked(self, g: Builder, value: Value) -> Value:
        lying, channels = self._blocked.get(value), None
        if lying is None:
            lying, channels = self._filled[value], value.shape[1]
        if value.dtype != DType.BOOL:
            return g.FromBlocked(lying, channels=channels)
        numbers = g.FromBlocked(g.Cast(lying, to=DType.FLOAT32), channels=channels)  # it reorders no truth values
        return g.Cast(numbers, to=DType.BOOL)

    def _builder(self, value: Value) -> Builder:
        return Builder(self.new, value.origin if value.origin.scope else Origin("layout"))

    def _keep(self, node: Node) -> None:
        inputs = tuple(map(self.plain, node.inputs))
        copy = node
        if any(new is not old for new, old in zip(inputs, node.inputs, strict=True)):
            copy = Node(node.op, inputs, node.attributes, origin=node.origin)
            copy.outputs = tuple(Value(v.name, v.dtype, v.shape, v.origin, copy) for v in node.outputs)
        self.new.nodes.append(copy)
        self._plain.update(zip(node.outputs, copy.outputs, strict=True))
