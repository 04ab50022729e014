"""A foreign network as plain records, apart from the file format it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.compiler.ir import Size

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class ForeignNode:
    """One operation.

    name        what the file calls it, perhaps nothing
    inputs      names of values, "" for one that is left out
    attributes  numbers, texts, lists of them, arrays; a subgraph is a ForeignGraph
    scope       the path of the module that it belongs to, where the exporter wrote it: ("layer1", "0", "conv1")
    fused       whether the exporter says that it folded a batch norm into it
    """

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    scope: tuple[str, ...] = ()
    fused: bool = False

    @property
    def reads(self) -> list[str]:
        """The names that it reads, and those that its graphs read from around it."""
        inner = [graph for graph in self.attributes.values() if isinstance(graph, ForeignGraph)]
        return [*self.inputs, *(name for graph in inner for name in graph.captured())]

    def shown(self) -> str:
        """How a finding names it."""
        return f"node `{self.name}`" if self.name else f"the node that makes `{next(iter(self.outputs), '?')}`"


@dataclass(frozen=True, slots=True)
class ForeignInput:
    """An input: numpy's name of its type, and its sizes, a text for an open one and None for an unknown one."""

    name: str
    dtype: str
    shape: tuple[int | str | None, ...] | None


@dataclass(slots=True)
class ForeignGraph:
    """Nodes in an order in which they can run, what they read that no node makes, and the names of the results."""

    name: str
    inputs: list[ForeignInput] = field(default_factory=list)
    constants: dict[str, Constant] = field(default_factory=dict)
    nodes: list[ForeignNode] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)

    def captured(self) -> set[str]:
        """The names that it reads and doesn't make."""
        made = {
            *self.constants,
            *(item.name for item in self.inputs),
            *(name for node in self.nodes for name in node.outputs),
        }
        return ({name for node in self.nodes for name in node.reads} | set(self.outputs)) - made - {""}


@dataclass(frozen=True, slots=True)
class ForeignFunction:
    """An operator that the file defines by others: names of its inputs and outputs, defaults of its attributes."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    nodes: tuple[ForeignNode, ...]


@dataclass(slots=True)
class ForeignModel:
    """A whole file: `opset` is the version of ONNX's own operators, `metadata` what its writer noted.

    classes  what the modules of its nodes are, by their paths, where the exporter wrote it: `Bottleneck`
    """

    graph: ForeignGraph
    opset: int
    functions: dict[tuple[str, str], ForeignFunction]
    metadata: dict[str, str]
    producer: str
    classes: dict[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Constant:
    """Numbers that are known while importing; sizes among them may be open, as an array of Python's objects.

    key   tells equal weights from weights that are used twice: where it came from and what was done to it (`derived`)
    name  what the file calls it, or what it was made of, without a path of nodes
    open_sizes  whether a comparison of sizes that only a run knows decided it: it holds for sizes in general
    """

    array: Array
    key: str
    name: str = ""
    open_sizes: bool = False

    @property
    def is_open(self) -> bool:
        """Whether sizes are among the numbers that only a run knows."""
        return bool(self.array.dtype.hasobject)

    def sizes(self) -> tuple[Size, ...]:
        """The numbers as sizes, a single one too."""
        return tuple(item if not hasattr(item, "__index__") else int(item) for item in self.array.ravel().tolist())


def derived(key: str, *done: object) -> str:
    """The key of what was made of an array."""
    return "|".join([key, *map(str, done)])


def origin(key: str) -> str:
    """Where an array came from, whatever was done to it."""
    return key.partition("|")[0]


def settled(array: Array) -> Array:
    """The array as whole numbers where no size in it is open any more."""
    if array.dtype.hasobject and all(hasattr(item, "__index__") for item in array.flat):
        return array.astype(np.int64)
    return array


class Reference(str):
    """The name of an attribute of the function around a node, which gives the node its own."""

    __slots__ = ()
