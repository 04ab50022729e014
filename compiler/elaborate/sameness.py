"""Whether two values that don't flow are one to all that reads them: `1`, `1.0` and `true` are three."""

from __future__ import annotations

from typing import Any

from netc.compiler.elaborate.layer_values import BuiltIn, Chain, LayerValue
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.scope import Ref

FAMILIES = (bool, int, float, str, type(None))


def same(one: Any, other: Any) -> bool:
    """Whether two answers are one: work that read the first would do the same with the second."""
    if one is other:
        return True
    match one, other:
        case Ref(), Ref():
            return one.span == other.span and same(one.value, other.value)
        case BuiltIn(), BuiltIn():
            return one.definition is other.definition and _bound(one, other)
        case Written(), Written():
            return one.word == other.word and one.definition is other.definition and _bound(one, other)
        case Chain(), Chain():
            alike = len(one.elements) == len(other.elements)
            return alike and all(a is b for a, b in zip(one.elements, other.elements, strict=True))
        case tuple(), tuple():
            return len(one) == len(other) and all(map(same, one, other)) and type(one) is type(other)
        case dict(), dict():
            return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
        case frozenset(), frozenset():
            return one == other
    return type(one) is type(other) and isinstance(one, FAMILIES) and bool(one == other)


def _bound(one: LayerValue, other: LayerValue) -> bool:
    if one.bound is None or other.bound is None:
        return one.bound is other.bound
    return (
        same(dict(one.bound.values), dict(other.bound.values))
        and same(one.bound.tensors, other.bound.tensors)
        and dict(one.bound.spans) == dict(other.bound.spans)
    )
