"""What an operator writes itself with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from netc.compiler.ir import DType, Graph, Node, Size, Tensor, Value


class Writer(Protocol):
    """The protocol; `compiler/emit` is one."""

    def node(
        self, node: Node | None, onnx_name: str, inputs: Sequence[Value | str],
        outputs: Sequence[Value | str] | None = None, *, domain: str = "", **attributes: Any,
    ) -> None:  # fmt: skip
        """Add a node; `outputs` are those of `node`, and `domain` is ONNX's own, unless given.

        An input of "" is left out.
        """

    def ints(self, values: Sequence[Size], dtype: DType = DType.INT64) -> str:
        """The name of a vector of sizes."""
        ...

    def scalar(self, number: float | int | bool, dtype: DType = DType.FLOAT32) -> str:
        """The name of a constant with no axes."""
        ...

    def constant(self, tensor: Tensor) -> str:
        """The name of a constant."""
        ...

    def body(self, graph: Graph, captured: Sequence[Value]) -> Any:
        """A graph as an attribute: its last inputs are values around it, and nothing in it has a name from there."""

    def temporary(self, stem: str = "temporary") -> str:
        """A fresh name for a tensor between two nodes of one operator."""
        ...
