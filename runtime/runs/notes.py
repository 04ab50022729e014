"""What a model's metadata says about it, checked before anybody relies on it: the file may come from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler import Tallies, said

SCORER_KEY = "netc.scorer"


class NotesError(ValueError):
    """A note is not what netc writes there."""


def scorer(metadata: Mapping[str, str]) -> bytes | None:
    """The model that computes loss and metrics."""
    text = metadata.get(SCORER_KEY)
    try:
        return base64.b64decode(text, validate=True) if text else None
    except ValueError as error:
        raise NotesError(f"`{SCORER_KEY}` in its metadata is damaged") from error


def check_manifest(manifest: Any) -> None:
    """Raise NotesError where what a model says about its inputs is not what the compiler writes."""
    if manifest is not None and not (
        isinstance(manifest, dict)
        and isinstance(manifest.get("kind"), str)
        and _is_list(manifest.get("inputs"), _is_port)
    ):
        raise NotesError("`netc.manifest` in its metadata is damaged")


def check_scorer(manifest: Any, outputs: set[str]) -> None:
    """Raise NotesError where a scorer says other things than the compiler writes, or compares other outputs."""
    try:
        Tallies(manifest)
        compared = [said(port) for port in manifest["inputs"] if port["role"] == "prediction"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotesError(f"`{SCORER_KEY}` in its metadata is damaged") from error
    if not outputs.issuperset(compared):
        raise NotesError(f"`{SCORER_KEY}` in its metadata is of another network")


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


def _is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(map(fits, value))
