"""What several places have in common, and the arguments that make up for what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

from netc.compiler.importing.printing import Code
from netc.compiler.layers.base import layer

Key = tuple[Hashable, ...]

NO_DEFAULT: Any = object()

CALLED = {"filters": "filters", "features": "features", "count": "count", "rate": "rate"}


def unified(places: Sequence[dict[Key, Any]]) -> tuple[dict[str, Any], dict[Key, Code], list[dict[str, Any]]]:
    """The parameters of a block with their defaults, what stands in its body for what differs, and what places give.

    A number that is always the same multiple of another is written as that: `4 * filters`.
    """
    keys = [key for place in places for key in place]
    rows: dict[tuple[Any, ...], list[Key]] = {}
    for key in dict.fromkeys(keys):
        row = tuple(_value(place, key) for place in places)
        if len(set(map(repr, row))) > 1 or any(isinstance(value, Code) for value in row):
            rows.setdefault(tuple(map(repr, row)), []).append(key)
    names: dict[str, tuple[Any, ...]] = {}
    codes: dict[Key, Code] = {}
    for group in rows.values():
        row = tuple(_value(place, group[0]) for place in places)
        expression = _multiple(row, names)
        if expression is None:
            name = _fresh(str(group[0][-1]), names)
            names[name] = row
            expression = Code(name)
        codes |= dict.fromkeys(group, expression)
    parameters = {name: _default(row) for name, row in names.items()}
    ordered = {name: value for name, value in parameters.items() if value is NO_DEFAULT}
    ordered |= {name: value for name, value in parameters.items() if value is not NO_DEFAULT}
    given = [
        {name: names[name][at] for name in ordered if repr(names[name][at]) != repr(ordered[name])}
        for at in range(len(places))
    ]
    return ordered, codes, given


def _value(place: dict[Key, Any], key: Key) -> Any:
    """An argument of a place; its default where it isn't given there."""
    if key in place:
        return place[key]
    word = key[-2]
    spec = layer.all()[str(word)].arguments[str(key[-1])]
    return spec.default


def _multiple(row: tuple[Any, ...], names: dict[str, tuple[Any, ...]]) -> Code | None:
    for name, other in names.items():
        pairs = list(zip(row, other, strict=True))
        if not all(type(a) is int and type(b) is int and b > 1 and a > 0 for a, b in pairs):
            continue
        a, b = pairs[0]
        if all(x * b == y * a for x, y in pairs):
            if a % b == 0:
                return Code(f"{a // b} * {name}")
            if b % a == 0:
                return Code(f"{name} // {b // a}")
    return None


def _fresh(wanted: str, names: dict[str, Any]) -> str:
    wanted = wanted if not wanted.isdigit() else "number"
    wanted = {"from": "start", "in": "entry", "parts": "parts"}.get(wanted, wanted)
    count, found = 1, wanted
    while found in names:
        count += 1
        found = f"{wanted}{count}"
    return found


def _default(row: Sequence[Any]) -> Any:
    """What at least half of the places give, where it is no size that says what the place is."""
    (shown, count), *_ = Counter(map(repr, row)).most_common(1)
    value = next(item for item in row if repr(item) == shown)
    usual = value is None or isinstance(value, bool) or value in (0, 1, 0.0) or count * 2 > len(row)
    if isinstance(value, Code) or not usual or (isinstance(value, int) and value > 16):
        return NO_DEFAULT
    return value if count * 2 >= len(row) else NO_DEFAULT
