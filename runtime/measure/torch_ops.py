"""The forward pass's operators as PyTorch's functions, as each says it. PyTorch is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from netc.compiler import Node, get_op

Function = Callable[..., Any]


class NoEquivalentError(Exception):
    """What has no equivalent in PyTorch, in words."""


def function_of(node: Node) -> Function:
    """What a node does, on PyTorch's tensors; several outputs come as a tuple. Raises NoEquivalentError."""
    definition = get_op(node.op)
    if not definition.in_torch():
        raise NoEquivalentError(f"the operator {node.op}")
    return definition.torch(import_module("torch"), node)


def dtype_of(torch: Any, name: str) -> Any:
    """PyTorch's element type of this name."""
    return getattr(torch, str(name))
