"""Windows that move over maps: convolutions and poolings, axis by axis."""

from __future__ import annotations

from typing import Any, NamedTuple

from netc.compiler.ir import Node

WINDOWS = ("Conv", "MaxPool", "AveragePool")


class Axis(NamedTuple):
    """A window along one axis of a map: `extent` is the kernel's with its dilation."""

    size: int
    kernel: int
    dilation: int
    stride: int
    begin: int
    end: int

    @property
    def extent(self) -> int:
        """How many places of the map it spans."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def steps(self) -> int:
        """How many places it stands at."""
        return (self.size + self.begin + self.end - self.extent) // self.stride + 1


def axes_of(node: Node) -> list[Axis]:
    """The window of a convolution or pooling along each axis; none where a size of the map is not known."""
    sizes: Any = node.inputs[0].shape[2:]
    if not all(isinstance(size, int) for size in sizes):
        return []
    rank = len(sizes)
    kernel: Any = node.attributes.get("kernel") or node.inputs[1].shape[2:]
    dilations = node.attributes.get("dilations") or (1,) * rank
    strides, pads = node.attributes["strides"], node.attributes["pads"]
    return [Axis(*axis) for axis in zip(sizes, kernel, dilations, strides, pads[:rank], pads[rank:], strict=True)]
