"""What a row of a target's table is: one named way to write an operator, where it applies and when it is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netc.compiler.ir import Node, Value
from netc.compiler.targets.layout import Way

Write = Callable[..., Value | tuple[Value, ...]]
"""Of the builder, the node's inputs and its attributes; returns what stands for the node's outputs."""

STANDARD = "standard"
"""The name of leaving an operator that ONNX has as it is, where a layout has another form of it."""


def everywhere(node: Node) -> bool:
    """all"""
    return True


@dataclass(frozen=True)
class Lowering:
    """One way to write an operator in standard ones.

    applies   the nodes that can be written so; its docstring is a cell of the table in docs/targets.md
    when      the nodes that are, unless a caller chooses; likewise
    """

    name: str
    write: Write
    applies: Callable[[Node], bool] = everywhere
    when: Callable[[Node], bool] = everywhere


Table = Mapping[str, tuple[Lowering, ...]]
"""For each operator that ONNX lacks, its lowerings in the order in which they are tried."""


def pick(lowerings: tuple[Lowering, ...], node: Node) -> Lowering | None:
    """The first that applies and is meant for the node, else the first that applies at all."""
    able = [one for one in lowerings if one.applies(node)]
    return next((one for one in able if one.when(node)), able[0] if able else None)


def names_of(ways: tuple[Way, ...], lowerings: tuple[Lowering, ...]) -> list[str]:
    """Every name that an operator's forms in a target have, in the order in which they are tried."""
    return list(dict.fromkeys([way.name for way in ways] + ([one.name for one in lowerings] or [STANDARD])))
