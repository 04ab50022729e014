"""What a condition about an open size says of its symbol, from there on."""

from __future__ import annotations

from typing import Any

from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.values import is_size
from netc.compiler.ir import Dim, Symbol, bound
from netc.grammar import ast

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def assume(frame: Frame, node: ast.Binary, left: Any, right: Any) -> bool:
    """Take `H % 16 == 0`, `H >= 32` or `H <= 512` as known from here on; raises ImpossibleError."""
    divided = node.left
    if node.operator == "==" and right == 0 and isinstance(divided, ast.Binary) and divided.operator == "%":
        size, by = frame.evaluate(divided.left), frame.evaluate(divided.right)
        symbol = _symbol(size)
        if symbol is None or not isinstance(by, int) or by < 1:
            return False
        bound(symbol, divisor=by)
        return True
    operator, symbol, limit = node.operator, _symbol(left), right
    if symbol is None:
        operator, symbol, limit = MIRRORED.get(operator, ""), _symbol(right), left
    if symbol is None or operator not in MIRRORED or not is_size(limit) or isinstance(limit, Dim):
        return False
    if operator in (">", ">="):
        bound(symbol, minimum=limit + (operator == ">"))
    else:
        bound(symbol, maximum=limit - (operator == "<"))
    return True


def _symbol(size: Any) -> Symbol | None:
    """The symbol that a size is, if it is nothing else."""
    if not isinstance(size, Dim):
        return None
    found = size.symbols()
    symbol = found.pop() if len(found) == 1 else None
    return symbol if symbol is not None and size == Dim(symbol) else None
