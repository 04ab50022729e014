"""Elements of lists and entries of tables, by their index."""

from __future__ import annotations

from typing import Any

from netc.compiler.declare.arguments import describe
from netc.compiler.elaborate.frame import Frame
from netc.compiler.elaborate.values import POISON, Several, Tensor, kind
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


def _entry(frame: Frame, table: dict[Any, Any], key: Any, span: Span) -> Any:
    if not isinstance(key, (int, float, str, bool, tuple)) or isinstance(key, Several):
        help = "a key of a table is a number, a word or a shape"
        frame.error("E209", f"the table has no entry for {kind(key)}", span, help=help)
        return POISON
    if key in table and (key not in (0, 1) or any(one == key and _is_truth(one) == _is_truth(key) for one in table)):
        return table[key]
    entries = f"its entries: {', '.join(map(_key, table))}" if table else "it has none"
    frame.error("E209", f"the table has no entry for `{_key(key)}`", span, notes=[entries],
                help=_way_out(table, key))  # fmt: skip
    return POISON


def _is_truth(key: Any) -> bool:
    """Whether a key is `true` or `false`, which Python takes for 1 and 0."""
    return isinstance(key, bool)


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
