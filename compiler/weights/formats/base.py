"""What a reader of a format gives, and what it raises."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Item = TypeVar("Item")
Keys = tuple[Any, ...]

MOST_TENSORS = 200_000
"""Tensors in a file; a file of more is damaged, or made to keep its reader busy."""

MOST_AXES = 16

TWICE = "save each under a name of its own"

SHARED = 8
"""How many times its own numbers a file may ask for, by tensors that lie in the same ones."""

WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "net", "params", "weights")
"""Under which names checkpoints hold the weights beside the rest of what a training keeps."""


class UnreadableError(ValueError):
    """A file that is no weight file of its format.

    help  the way out, where it isn't that of the format;  code: what it is reported as
    """

    def __init__(self, reason: str, help: str = "", code: str = "E553") -> None:
        super().__init__(reason)
        self.help = help
        self.code = code


@dataclass(frozen=True, slots=True)
class Contents:
    """What a weight file holds.

    metadata       texts that safetensors keep beside the tensors
    whole          whether all tensors are weights; a model's graph has other constants too
    channels_last  whether convolutions are H×W×I×O and dense layers in×out; None where the format doesn't say
    entry          the name under which a checkpoint held the weights, or None
    """

    tensors: dict[str, Array]
    metadata: dict[str, str] = field(default_factory=dict)
    whole: bool = True
    channels_last: bool | None = False
    entry: str | None = None


def by_name(named: Iterable[tuple[str, str | Keys, Item]]) -> dict[str, Item]:
    """A table of tensors by name, each given with what the file calls it, or the keys that lead to it.

    Raises UnreadableError where two come to one name: one of them would be lost in silence.
    """
    made: dict[str, Item] = {}
    theirs: dict[str, str | Keys] = {}
    for name, called, item in named:
        if name in made:
            both = f"{_shown(theirs[name])} and {_shown(called)}"
            raise UnreadableError(f"two tensors of it come to the name `{name[:80]}`: {both}", TWICE)
        made[name], theirs[name] = item, called
    return made


def _shown(called: str | Keys) -> str:
    """`a/b`, or the keys `['a'][0]`."""
    return f"`{called[:80] if isinstance(called, str) else ''.join(f'[{key!r}]' for key in called)[:160]}`"


def flattened(found: Any, is_tensor: type) -> tuple[dict[str, Any], str | None]:
    """The tensors in tables in tables and lists, by dotted names, and the entry of a checkpoint that held them.

    Raises UnreadableError for tables that hold themselves, and for more tensors than files have.
    """
    entry = None
    if isinstance(found, Mapping) and not any(isinstance(item, is_tensor) for item in found.values()):
        for name in WRAPPERS:
            inner = found.get(name)
            if isinstance(inner, Mapping):
                found, entry = inner, name
                break
    tensors: dict[str, Any] = {}
    waiting: list[tuple[str, Any, int]] = [("", found, 0)]
    seen = 0
    while waiting:
        path, item, depth = waiting.pop()
        seen += 1
        if seen > MOST_TENSORS or depth > MOST_AXES:
            raise UnreadableError("its tables lie in each other without an end")
        if isinstance(item, is_tensor):
            tensors[path] = item
        elif isinstance(item, (Mapping, list, tuple)):
            pairs = item.items() if isinstance(item, Mapping) else enumerate(item)
            named = [(f"{path}.{key}" if path else str(key), inner, depth + 1) for key, inner in pairs]
            waiting += reversed(named)
    return tensors, entry


def check_shape(shape: Collection[object], width: int) -> None:
    """Raise UnreadableError for the shape of an array that there cannot be, of numbers of so many bytes.

    That goes for empty arrays too: one of 0 x 2^62 numbers is none.
    """
    sizes = [size for size in shape if isinstance(size, int) and not isinstance(size, bool) and size >= 0]
    if len(sizes) < len(shape) or len(sizes) > MOST_AXES:
        raise UnreadableError("an array in it has a shape that there isn't")
    if math.prod(size or 1 for size in sizes) * width >= 1 << 63:
        raise UnreadableError("an array in it has a shape of more numbers than there can be")


def check_shared(numbers: int, held: int) -> None:
    """Raise UnreadableError where tensors ask for many times the numbers that a file holds."""
    if numbers > SHARED * held:
        raise UnreadableError(f"its tensors ask for {counted(numbers, 'number')}, and it holds {held:,}")
