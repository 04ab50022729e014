"""Elements of lists and entries of tables, by their index."""

from __future__ import annotations

from enum import Enum
from typing import Any

from netc.compiler.declare.arguments import describe
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.layer_values import LayerValue
from netc.compiler.elaborate.values import POISON, Tensor, kind, spread
from netc.compiler.ir import Dim
from netc.grammar import ast
from netc.grammar.diagnostics import Span, did_you_mean


def element(frame: Frame, node: ast.Index) -> Any:
    """The value of `list[index]` or `table[key]`, POISON after a mistake, which is reported."""
    value, index = frame.evaluate(node.value), frame.evaluate(node.index)
    if value is POISON or index is POISON:
        return POISON
    if isinstance(value, dict):
        return _entry(frame, value, index, node.index.span)
    if not isinstance(value, tuple):
        help = "slice a tensor with the layer `slice`" if isinstance(value, Tensor) else "leave the index out"
        frame.error("E240", f"only lists and tables have elements, found {kind(value)}", node.value.span, help=help)
        return POISON
    if not isinstance(index, int) or isinstance(index, bool):
        frame.error(
            "E240",
            f"an index is a whole number, found {kind(index)}",
            node.index.span,
            help="count from 0, or from -1 at the end",
        )
        return POISON
    if not -len(value) <= index < len(value):
        frame.error("E209", f"index {index} of a list of {len(value)}", node.index.span, help=_indices(len(value)))
        return POISON
    return value[index]


def _indices(count: int) -> str:
    """Which indices a list of so many elements has."""
    if count < 2:
        return "use the index 0, its only one" if count else "the list is empty"
    return f"use an index from 0 to {count - 1}, or from -1 to {-count}, which count from the end"


class Truth(Enum):
    """`true` and `false` as keys, for Python takes them for 1 and 0."""

    FALSE = False
    TRUE = True

    def __str__(self) -> str:
        return describe(self.value)

    __repr__ = __str__


def key_of(value: Any) -> Any:
    """What a value is called in a table: numbers, words and lists are themselves; None for what is no key."""
    return _part_of_key(value) if isinstance(value, (int, float, str, tuple)) else None


def _part_of_key(value: Any) -> Any:
    if isinstance(value, bool):
        return Truth(value)
    if isinstance(value, tuple):
        return None if _unfit(value) else tuple(map(_part_of_key, value))
    return value


def said_key(key: Any) -> Any:
    """The value that is called so in a table: the reverse of `key_of`."""
    if isinstance(key, tuple):
        return tuple(map(said_key, key))
    return key.value if isinstance(key, Truth) else key


def _unfit(value: Any) -> list[Any]:
    """What stands in a list, at any depth, that makes it no key."""
    return [
        item for item in spread(value) if not (item is None or isinstance(item, (int, float, str, Dim, LayerValue)))
    ]


def no_key(value: Any) -> str:
    """What a value is that is no key, in words."""
    unfit = _unfit(value) if isinstance(value, tuple) else []
    return f"a list that holds {kind(unfit[0])}" if unfit else kind(value)


def _entry(frame: Frame, table: dict[Any, Any], value: Any, span: Span) -> Any:
    key = key_of(value)
    if key is None:
        help = "a key of a table is a number, a word or a shape"
        frame.error("E209", f"the table has no entry for {no_key(value)}", span, help=help)
        return POISON
    if key in table:
        return table[key]
    entries = f"its entries: {', '.join(map(_key, table))}" if table else "it has none"
    frame.error("E209", f"the table has no entry for `{_key(key)}`", span, notes=[entries],
                help=_way_out(table, key))  # fmt: skip
    return POISON


def _key(key: Any) -> str:
    """A key of a table as it is written there."""
    if isinstance(key, str):
        return key if key.isidentifier() else f'"{key}"'
    whole = isinstance(key, tuple) and len(key) > 1 and all(type(size) is int for size in key)
    return "x".join(map(str, key)) if whole else describe(key)


def _way_out(table: dict[Any, Any], wrong: Any) -> str:
    """What to write where a table has no entry for something."""
    alike = [key for key in table if str(key) == str(wrong)]
    if alike:
        return "write it in quotes" if isinstance(alike[0], str) else f"write `{_key(alike[0])}` without quotes"
    words = [key for key in table if isinstance(key, str)]
    near = did_you_mean(wrong, words) if isinstance(wrong, str) else None
    return near or f"add an entry `{_key(wrong)}: …`" + (", or ask for one that there is" if table else "")
