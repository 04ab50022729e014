"""Arrays of a caller by the names of a net's inputs and targets: from dicts, pairs, single arrays, tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.compiler import Port
from netc.grammar.counted import counted, noun_for
from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.errors import error
from netc.runtime.sessions.resident import Array

UNEVEN = 'give all rows one shape, and each of several inputs by its name: `{"x": …, "mask": …}`'
FORMS = "a name or path as `--data` takes it, a DataSet, {name: array}, (x, y), or batches such as a DataLoader"


def named(given: Any, ports: Sequence[Port]) -> dict[str, Array]:
    """{name: array} from a dict, a pair of inputs and targets, or the one array of a net without targets.

    An input or a target of a pair is an array, or a dict of arrays where the net has several. Raises E580.
    """
    if isinstance(given, Mapping):
        return {str(name): as_array(value, str(name)) for name, value in given.items()}
    if isinstance(given, list | tuple):
        sides = [[port for port in ports if port["role"] == role] for role in ("data", "target")]
        sides = [side for side in sides if side]
        if len(given) == len(sides):
            return {name: array for value, side in zip(given, sides, strict=True) for name, array in _side(value, side)}
        raise _no_fit(counted(len(given), "array"), ports)
    if is_array(given) and len(ports) == 1:
        return {ports[0]["name"]: as_array(given, ports[0]["name"])}
    raise _no_fit("one array" if is_array(given) else f"a value of type {type(given).__name__}", ports)


def _side(value: Any, ports: Sequence[Port]) -> list[tuple[str, Array]]:
    if isinstance(value, Mapping):
        return [(str(name), as_array(array, str(name))) for name, array in value.items()]
    if len(ports) == 1:
        return [(ports[0]["name"], as_array(value, ports[0]["name"]))]
    raise _no_fit("a pair", ports)


def _no_fit(what: str, ports: Sequence[Port]) -> DiagnosticError:
    names = ", ".join(f'"{port["name"]}": …' for port in ports)
    return error("E580", f"{what} for {_counted(ports)}", help=f"give each by its name: {{{names}}}")


def _counted(ports: Sequence[Port]) -> str:
    words = []
    for role, word in (("data", "input"), ("target", "target")):
        names = [f"`{port['name']}`" for port in ports if port["role"] == role]
        words += [f"the {noun_for(len(names), word)} {', '.join(names)}"] if names else []
    return " and ".join(words)


def _called(name: str) -> str:
    return f"`{name}`" if name else "an array"


def is_array(value: Any) -> bool:
    """Whether this is one array or tensor."""
    return isinstance(value, np.ndarray) or (hasattr(value, "shape") and hasattr(value, "dtype"))


def is_pair(data: Any) -> bool:
    """Whether this is (x, y): two arrays, or dicts of arrays for nets of several inputs, and no list of batches."""
    if not isinstance(data, list | tuple) or len(data) != 2:
        return False
    if isinstance(data, tuple):
        return all(is_array(side) or isinstance(side, Mapping) for side in data)
    return all(map(is_array, data))


def as_array(value: Any, name: str = "") -> Array:
    """An array of what a caller has: NumPy's, a list, a tensor of PyTorch's on whatever device; texts as texts.

    name  what messages call it

    Raises DiagnosticError E556 for parts of several shapes, E557 where NumPy's mask hides numbers: an array without the
    mask would show them again.
    """
    if np.ma.is_masked(value):
        count = counted(int(np.sum(np.ma.getmaskarray(value))), "masked number")
        help = "fill them with `.filled(…)`; weights of a loss are an array of their own, `mask=` in the text"
        raise error("E557", f"{_called(name)} has {count}, which nothing here leaves out", help=help)
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.numpy() if hasattr(value, "numpy") else value
    try:
        array = np.asarray(value)
    except ValueError:  # what else NumPy has no array for, it has an array of objects for
        raise error("E556", f"the parts of {_called(name)} have several shapes", help=UNEVEN) from None
    if array.dtype == object and array.size and all(isinstance(item, str) for item in array.reshape(-1)):
        return array.astype(np.str_)
    return array
