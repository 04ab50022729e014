"""What may stand in a data card: it may come with a file from anywhere, and is checked before anybody relies on it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from netc.runtime.data.images.decode import LEVELS

LARGEST = 1e300
Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    """A text."""
    return isinstance(value, str)


def is_whole(value: Any) -> bool:
    """A whole number of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_number(value: Any) -> bool:
    """A number that a double holds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST < value < LARGEST


def is_positive(value: Any) -> bool:
    """A finite number above 0."""
    return is_number(value) and value > 0


def list_of(check: Check, *, least: int = 0, most: float = math.inf) -> Check:
    """A list of so many values that pass a check."""
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(check, value))


def maybe(check: Check) -> Check:
    """Nothing, or what passes a check."""
    return lambda value: value is None or check(value)


def one_of(*words: str) -> Check:
    """One of these words."""
    return lambda value: isinstance(value, str) and value in words


def _is_treatment(value: Any) -> bool:
    texts = isinstance(value, dict) and all(isinstance(item, str) for pair in value.items() for item in pair)
    if not texts or re.fullmatch(r"#[0-9a-f]{6}", value.get("transparency", "#ffffff")) is None:
        return False
    return re.fullmatch(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}", value.get("resize", "1x1")) is not None


def _are_names(value: Any) -> bool:
    return list_of(is_text, least=1)(value) and len(set(value)) == len(value)


INPUT: Mapping[str, Check] = {
    "name": is_text,
    "kind": one_of("columns", "array", "images"),
    "sources": _are_names,
    "dtype": is_text,
    "shape": list_of(is_whole),
    "scale": maybe(is_positive),
    "low": maybe(is_number),
    "high": maybe(is_number),
    "size": maybe(list_of(is_positive, least=2, most=2)),
    "channels": maybe(is_whole),
    "colour": maybe(is_text),
    "levels": lambda value: value is None or (is_whole(value) and 0 < value <= LEVELS),
    "treated": _is_treatment,
}
TARGET: Mapping[str, Check] = {
    "name": is_text,
    "source": is_text,
    "kind": one_of("classes", "numbers"),
    "count": maybe(is_whole),
    "classes": maybe(_are_names),
    "counts": maybe(list_of(is_whole)),
}
PART: Mapping[str, Check] = {"name": is_text, "rows": is_whole, "fingerprint": is_text}
CARD: Mapping[str, Check] = {
    "data": is_text,
    "inputs": lambda value: isinstance(value, list),
    "targets": lambda value: isinstance(value, list),
    "parts": lambda value: isinstance(value, list),
    "seeded": lambda value: value is None or (list_of(is_number, least=2, most=2)(value) and is_whole(value[1])),
    "stratified": maybe(is_text),
    "version": is_whole,
}


def check(found: Any, checks: Mapping[str, Check]) -> None:
    """Raise ValueError that names the entry which is missing, unknown or of another kind."""
    if not isinstance(found, dict):
        raise ValueError("an entry is no table")
    if odd := sorted(map(str, found.keys() ^ checks.keys())):
        raise ValueError(f"its entry `{odd[0][:40]}` is missing or unknown")
    if wrong := [name for name, passes in checks.items() if not passes(found[name])]:
        raise ValueError(f"its entry `{wrong[0]}` is of another kind")


def of_today(found: Any) -> Any:
    """A card of version 1 as one of version 2: its parts were drawn from one lot, its images all had 8 bits.

    One that was written before labels were counted has no counts.
    """
    if isinstance(found, dict) and isinstance(found.get("targets"), list):
        targets = [{"counts": None, **item} if isinstance(item, dict) else item for item in found["targets"]]
        found = {**found, "targets": targets}
    if not isinstance(found, dict) or found.get("version") != 1 or not isinstance(found.get("inputs"), list):
        return found
    inputs = [{**item, "levels": None} if isinstance(item, dict) else item for item in found["inputs"]]
    return {**found, "inputs": inputs, "stratified": None, "version": 2}
