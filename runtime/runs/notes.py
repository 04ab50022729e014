"""What a model's metadata says about it, checked before anybody relies on it: the file may come from anywhere."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

SCORER_KEY = "netc.scorer"
CLASSES_KEY = "netc.classes"
SCALE_KEY = "netc.scale"


class NotesError(ValueError):
    """A note is not what netc writes there."""


def scorer(metadata: Mapping[str, str]) -> bytes | None:
    """The model that computes loss and metrics."""
    text = metadata.get(SCORER_KEY)
    try:
        return base64.b64decode(text, validate=True) if text else None
    except ValueError as error:
        raise NotesError(f"`{SCORER_KEY}` in its metadata is damaged") from error


def class_names(metadata: Mapping[str, str]) -> list[str] | None:
    """The names of the classes."""
    names: list[str] | None = _note(metadata, CLASSES_KEY, lambda value: _is_list(value, _is_text))
    return names


def scale(metadata: Mapping[str, str]) -> float | None:
    """What inputs are divided by."""
    number: float | None = _note(metadata, SCALE_KEY, _is_positive)
    return number


def check_manifest(manifest: Any) -> None:
    """Raise NotesError where what a model says about its inputs is not what the compiler writes."""
    if manifest is not None and not (
        isinstance(manifest, dict)
        and isinstance(manifest.get("kind"), str)
        and _is_list(manifest.get("inputs"), _is_port)
    ):
        raise NotesError("`netc.manifest` in its metadata is damaged")


def _is_port(port: Any) -> bool:
    sizes = port.get("sizes", {}) if isinstance(port, dict) else None
    return (
        isinstance(port, dict)
        and all(isinstance(port.get(name), str) for name in ("name", "dtype", "role"))
        and _is_list(port.get("shape"), lambda size: isinstance(size, int | str))
        and isinstance(port.get("classes", 0), int)
        and isinstance(sizes, dict)
        and all(isinstance(said, dict) and all(isinstance(number, int) for number in said.values())
                for said in sizes.values())
    )  # fmt: skip


def _note(metadata: Mapping[str, str], key: str, fits: Callable[[Any], bool]) -> Any:
    try:
        value = json.loads(metadata.get(key, "null"))
    except (ValueError, RecursionError) as error:
        raise NotesError(f"`{key}` in its metadata is damaged") from error
    if value is not None and not fits(value):
        raise NotesError(f"`{key}` in its metadata is damaged")
    return value


def _is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
