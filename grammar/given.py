"""What callers of Python give in the place of something else."""

from __future__ import annotations


def require(given: object, kind: type, taken_by: str, way_out: str) -> None:
    """Raise TypeError where something is not of the kind that a function takes, with what to write."""
    if not isinstance(given, kind):
        raise TypeError(f"{taken_by} takes a {kind.__name__}, not a {type(given).__name__}: write `{way_out}`")
