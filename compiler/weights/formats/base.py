"""What a reader of a format gives, and what it raises."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from netc.grammar.counted import counted
from netc.grammar.schema import is_text

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Item = TypeVar("Item")
Keys = tuple[Any, ...]

MOST_TENSORS = 200_000
"""Tensors in a file; a file of more is damaged, or made to keep its reader busy."""

MOST_AXES = 16

MOST_LETTERS = 1_000
"""Characters of a tensor's name, with those of the tables that it lies in."""

TABLES = (Mapping, list, tuple)
"""What tensors lie in, in a pickle."""

TWICE = "save each under a name of its own"
RENAME = "save it under another name"

TEXTS = "__metadata__"
"""Under which name safetensors keep texts."""

NUMBERS = (
    "float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool",
)  # fmt: skip
"""The types of numbers that are read, and that safetensors write."""

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

    Raises UnreadableError where two come to one name, of which one would be lost in silence, and for names that no
    tensor has: at the first, before more of them take memory.
    """
    made: dict[str, Item] = {}
    theirs: dict[str, str | Keys] = {}
    for name, called, item in named:
        check_name(name)
        if name in made:
            both = f"{_shown(theirs[name])} and {_shown(called)}"
            raise UnreadableError(f"two tensors of it come to the name `{name[:80]}`: {both}", TWICE)
        made[name], theirs[name] = item, called
    return made


def check_name(name: str) -> None:
    """Raise UnreadableError for a name that is too long, or that safetensors could not write."""
    if len(name) > MOST_LETTERS:
        raise UnreadableError(f"a tensor in it has a name of {len(name):,} characters, and {MOST_LETTERS:,} are read")
    if name == TEXTS or not is_text(name):
        raise UnreadableError(f"a tensor in it is called `{name[:80]}`, which is no name of a tensor", RENAME)


def _shown(called: str | Keys) -> str:
    """`a/b`, or the keys `['a'][0]`."""
    return f"`{called[:80] if isinstance(called, str) else ''.join(f'[{key!r}]' for key in called)[:160]}`"


def flattened(found: Any, is_tensor: type) -> tuple[dict[str, Any], str | None]:
    """The tensors in tables in tables and lists, by dotted names, and the entry of a checkpoint that held them.

    Raises UnreadableError for tables that hold themselves, for more tensors and longer names than files have, and where
    two come to one name.
    """
    entry = None
    if isinstance(found, Mapping) and not any(isinstance(item, is_tensor) for item in found.values()):
        for name in WRAPPERS:
            inner = found.get(name)
            if isinstance(inner, Mapping):
                found, entry = inner, name
                break
    named = ((".".join(map(str, keys)), keys, item) for keys, item in _tensors(found, is_tensor))
    return by_name(named), entry


def _tensors(found: Any, is_tensor: type) -> Iterator[tuple[Keys, Any]]:
    """The tensors and the keys that lead to them. Every item counts; what is neither tensor nor table ends there."""
    waiting: list[tuple[Keys, Any]] = [((), found)]
    seen = 0
    while waiting:
        keys, item = waiting.pop()
        if isinstance(item, is_tensor):
            yield keys, item
        elif isinstance(item, TABLES):
            seen += len(item)
            if seen > MOST_TENSORS or len(keys) >= MOST_AXES:
                raise UnreadableError("its tables lie in each other without an end")
            pairs = item.items() if isinstance(item, Mapping) else enumerate(item)
            inside = [(key, inner) for key, inner in pairs if isinstance(inner, (is_tensor, *TABLES))]
            waiting += [((*keys, key), inner) for key, inner in reversed(inside)]


def checked(contents: Contents) -> Contents:
    """What a reader found, whatever its format lets tensors be; raises UnreadableError."""
    for name, tensor in contents.tensors.items():
        check_name(name)
        if tensor.dtype.name not in NUMBERS:
            help = "save it as float32, float16 or whole numbers"
            raise UnreadableError(f"tensor `{name}` has numbers of type {tensor.dtype.name}", help)
    return contents


def may_be_weight(name: str, tensor: Array) -> bool:
    """Whether a constant of a model may be a weight: others have names that no weight has, and other types."""
    try:
        check_name(name)
    except UnreadableError:
        return False
    return tensor.dtype.name in NUMBERS


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
