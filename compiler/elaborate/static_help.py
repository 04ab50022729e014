"""The way out where a static value is of another kind than what is done with it takes."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import describe
from netc.compiler.elaborate.layer_values import LayerValue
from netc.compiler.elaborate.values import Several, Tensor, is_number
from netc.compiler.ir import Dim


def for_condition(value: Any) -> str:
    """What to write for a condition that is no truth value."""
    match value:
        case Tensor() | Several():
            return "choose by what is known while compiling; `where` chooses among elements"
        case LayerValue():
            return "compare it, as in `norm == batchnorm`"
        case str():
            return f"compare it, as in `name == {describe(value)}`"
        case tuple() | dict():
            return "compare how much is in it, as in `len(list) > 0`"
        case None:
            return "compare it, as in `value != none`"
    return "compare it, as in `n > 0`"


def for_numbers(a: Any, b: Any = 0, operator: str = "") -> str:
    """What to write where something among operands or arguments is no number."""
    wrong = b if is_number(a) or (isinstance(a, Dim) and not is_number(b)) else a
    match wrong:
        case bool():
            return "choose numbers by it, as in `1 if deep else 0`"
        case Dim():
            return "give the input fixed sizes, or compute sizes with whole numbers and `+ - * // %`"
        case str():
            return "join a text with a text" if operator == "+" else "give a number, without quotes"
        case tuple():
            return "join a list with a list" if operator == "+" else "take an element, as in `list[0]`"
        case dict():
            return "take an entry, as in `table[18]`"
    return "give a number in its place"
