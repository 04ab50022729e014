"""How much one text has been written out to so far, held to the limits before it grows."""

from __future__ import annotations

from typing import Any

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Label, Span
from netc.grammar.limits import ITEMS, LAYERS, LIST, NODES, PASSES, WRITTEN_OUT

Counts = tuple[int, int, int, int, int]
"""Passes of loops, items of lists, layers, operators, and what loops and blocks wrote out of those."""


class Extent:
    """Counts of everything that one load or check makes. Each method raises LimitError where one more is too many."""

    __slots__ = ("_items", "_layers", "_most_items", "_most_layers", "_most_nodes", "_most_passes", "_most_written",
                 "_nodes", "_passes", "_written")  # fmt: skip

    def __init__(self) -> None:
        self._passes = self._items = self._layers = self._nodes = self._written = 0
        self._most_passes, self._most_items = PASSES.value, ITEMS.value
        self._most_layers, self._most_nodes, self._most_written = LAYERS.value, NODES.value, WRITTEN_OUT.value

    def counts(self, since: Counts = (0, 0, 0, 0, 0)) -> Counts:
        """How much there is now, or came to it since then."""
        passes, items, layers, nodes, written = since
        return (self._passes - passes, self._items - items, self._layers - layers, self._nodes - nodes,
                self._written - written)  # fmt: skip

    def again(self, more: Counts) -> bool:
        """Add as much as once came to it; False where that is too much, and nothing is added."""
        passes, items, layers, nodes, written = more
        if (
            self._passes + passes > self._most_passes
            or self._items + items > self._most_items
            or self._layers + layers > self._most_layers
            or self._nodes + nodes > self._most_nodes
            or self._written + written > self._most_written
        ):
            return False
        self._passes += passes
        self._items += items
        self._layers += layers
        self._nodes += nodes
        self._written += written
        return True

    def loop(self, count: int, inside: int, span: Span) -> None:
        """A loop of `count` passes begins, in each of which loops make at least `inside` more."""
        self.at_least(count, inside, span)
        self._passes += count

    def at_least(self, count: int, inside: int, span: Span) -> None:
        """A loop of `count` passes will begin, in each of which loops make at least `inside` more."""
        if self._passes + count * (1 + inside) > self._most_passes:
            what = counted(count, "pass", "passes") + (f" of {inside:,} inside" if inside else "")
            raise PASSES.error(f"this loop writes out {what}", Label(span), help="repeat less often",
                               note=f"{self._passes:,} came before it" if self._passes else "",
                               asked=self._passes + count * (1 + inside))  # fmt: skip

    def items(self, count: int, span: Span) -> None:
        """Lists with so many items in them were computed."""
        self._items += count
        if self._items > self._most_items:
            raise ITEMS.error("the lists of this text have too many items in all", Label(span),
                              help="compute fewer or shorter lists")  # fmt: skip

    def layer(self, nodes: int, again: bool, span: Span) -> None:
        """A layer of so many operators was made, `again` by a loop or a block."""
        self._layers += 1
        self._nodes += nodes
        if again:
            self._written += 1 + nodes
        if self._written > self._most_written or self._layers > self._most_layers or self._nodes > self._most_nodes:
            limit, what = (
                (WRITTEN_OUT, "layers and operators by loops and blocks")
                if self._written > self._most_written
                else (LAYERS, "layers")
                if self._layers > self._most_layers
                else (NODES, "operators")
            )
            raise limit.error(f"this text writes out too many {what}", Label(span), help="repeat less often")

    def block(self, span: Span) -> None:
        """A block or a net is applied, which is as much work as two layers."""
        self._written += 2
        if self._written > self._most_written:
            raise WRITTEN_OUT.error("this text writes out too many blocks", Label(span),
                                    help="use blocks inside blocks less often: each use is written out")  # fmt: skip


def weight(value: Any, most: int = LIST.default) -> int:
    """How many items a value has, those of lists in it included; counting ends past `most`."""
    if not isinstance(value, tuple):
        return 0
    found = len(value)
    for item in value:
        if isinstance(item, tuple):
            if found > most:
                break
            found += weight(item, most - found)
    return found
