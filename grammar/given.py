"""What callers of Python give: taken where it is of the kind that is meant, told where it is something else."""

from __future__ import annotations

import math
import numbers
import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

LARGEST_SEED = 2**31 - 1


def require(given: object, kind: type | tuple[type, ...], taken_by: str, way_out: str) -> None:
    """Raise TypeError where something is not of the kind that a function takes, with what to write."""
    if not isinstance(given, kind):
        kinds = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise TypeError(f"{taken_by} takes {a_or_an(kinds)}, not {kind_of(given)}: write `{way_out}`")


def kind_of(given: object) -> str:
    """What something is, in words: `a str`, `an int`."""
    return a_or_an(type(given).__name__)


def a_or_an(word: str) -> str:
    """A word behind its article."""
    return f"{'an' if word[:1].lower() in 'aeio' else 'a'} {word}"


def named(given: object, taken_by: str, way_out: str) -> str | None:
    """A name, or None; raises TypeError."""
    if given is not None:
        require(given, str, taken_by, way_out)
    return None if given is None else str(given)


def path_of(given: object, taken_by: str, way_out: str) -> Path:
    """A path; raises TypeError for what is none, DiagnosticError E532 for a name that no file can have."""
    from netc.grammar.opening import check_name

    require(given, (str, os.PathLike), taken_by, way_out)
    assert isinstance(given, (str, os.PathLike))
    check_name(given)
    return Path(given)


def texts(given: object, taken_by: str, way_out: str) -> tuple[str, ...]:
    """Texts, such as names and paths of values; one by itself is one. Raises TypeError."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable) or isinstance(given, (Mapping, bytes)):
        raise TypeError(f"{taken_by} takes a list of texts, not {kind_of(given)}: write `{way_out}`")
    found = tuple(given)
    for item in found:
        require(item, str, f"a list of {taken_by}", way_out)
    return found


def whole(given: object, name: str, low: int, high: int) -> int:
    """A whole number, NumPy's too; raises TypeError for what is none, ValueError outside of the range."""
    expected = f"`{name}` is a whole number from {low:,} to {high:,}"
    given = plain(given)
    try:
        if isinstance(given, bool):
            raise TypeError
        found = operator.index(given)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{expected}, not {kind_of(given)}: write `{name}={low}`") from None
    if not low <= found <= high:
        raise ValueError(f"{expected}, not {str(found)[:40]}: write `{name}={low}`")
    return found


def number(given: object, name: str, *, infinite: bool = False) -> float:
    """A number, NumPy's too; raises TypeError for what is none, ValueError for NaN, and infinity unless it is meant."""
    given = plain(given)
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise TypeError(f"`{name}` is a number, not {kind_of(given)}: write `{name}=0.1`")
    if not (math.isfinite(given) or (infinite and given == math.inf)):
        raise ValueError(f"`{name}` is a number that is finite, not {given}: write `{name}=0.1`")
    return float(given)


def scalar(given: Any) -> Any:
    """A number of NumPy's, or a tensor of no axes, as Python's; all else as it is."""
    return plain(given) if getattr(given, "shape", None) == () else given


def one_of(given: object, name: str, words: Sequence[str]) -> None:
    """Raise ValueError unless something is one of some words."""
    if given not in words:
        raise ValueError(f'`{name}` is one of {", ".join(words)}, not {str(given)[:40]}: write `{name}="{words[0]}"`')


def seed_of(given: object) -> int:
    """A seed, as `--seed` takes it; raises TypeError and ValueError as `whole` does."""
    return whole(given, "seed", 0, LARGEST_SEED)


def plain(given: Any) -> Any:
    """A value as the language has it: numbers of NumPy and tensors of a number are numbers, arrays of them lists."""
    if isinstance(given, (list, tuple)):
        return type(given)(map(plain, given)) if type(given) in (list, tuple) else given
    if hasattr(given, "dtype") and hasattr(given, "tolist"):
        return given.tolist()
    return given
