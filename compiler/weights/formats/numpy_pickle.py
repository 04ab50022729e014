"""Pickles of numpy arrays in tables, as JAX programs keep weights."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any, Literal

from netc.compiler.weights.formats.base import Contents, UnreadableError, check_shape, check_shared, flattened
from netc.compiler.weights.formats.pickle_machine import Built, Machine

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Order = Literal["<", ">"]

HELP = "pickle a table of arrays of numbers, or `numpy.savez(path, **arrays)`"
KINDS = frozenset({"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"})


class PickledType(Built):
    """numpy's dtype: `f4`, with the order of bytes as its state."""

    def __init__(self, name: Any = "", *_: Any) -> None:
        if not isinstance(name, str) or name not in KINDS:
            shown = f"`{name[:20]}`" if isinstance(name, str) else "a type without a name"
            raise UnreadableError(f"an array in it holds {shown}, which are no numbers", HELP)
        self.name: str = name
        self.order: Order = "<"

    def set_state(self, state: Any) -> None:
        """A tuple whose second item is the order of bytes."""
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise UnreadableError("the type of an array in it is damaged")
        self.order = ">" if state[1] == ">" else "<"


class PickledArray(Built):
    """numpy's ndarray: empty when it is made, and filled by its state."""

    def __init__(self, *_: Any) -> None:
        self.shape: tuple[int, ...] = (0,)
        self.array: Array | None = None

    def set_state(self, state: Any) -> None:
        """`(version, shape, type, whether columns come first, bytes)`."""
        match state:
            case (int(), tuple(shape), PickledType() as kind, bool(fortran), bytes() | bytearray() as content):
                self.fill(shape, kind, fortran, content)
            case _:
                raise UnreadableError("an array in it is damaged, or holds Python's objects", HELP)

    def fill(self, shape: tuple[Any, ...], kind: PickledType, fortran: bool, content: bytes | bytearray) -> None:
        """Take the numbers; raises UnreadableError where they are not as many as the shape says."""
        import numpy as np

        dtype = np.dtype(kind.name).newbyteorder(kind.order)
        check_shape(shape, dtype.itemsize)
        if math.prod(shape) * dtype.itemsize != len(content):
            raise UnreadableError("an array in it has more or fewer numbers than its shape")
        flat = np.frombuffer(content, dtype)
        array = flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)
        self.array = array.astype(dtype.newbyteorder("="), copy=False)
        self.shape = shape


def _from_buffer(content: Any, kind: Any, shape: Any, order: Any) -> PickledArray:
    """What arrays are made by since protocol 5."""
    if not isinstance(kind, PickledType) or not isinstance(content, (bytes, bytearray)) or not isinstance(shape, tuple):
        raise UnreadableError("an array in it is damaged")
    made = PickledArray()
    made.fill(shape, kind, order == "F", content)
    return made


def _latin(text: Any, encoding: Any) -> bytes:
    """How pickles before protocol 3 write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise UnreadableError("an array in it is damaged")
    return text.encode("latin1")


KNOWN: dict[str, Any] = {
    "_codecs.encode": _latin,
    "numpy.dtype": PickledType,
    "numpy.ndarray": "ndarray",
    **{f"numpy.{core}.multiarray._reconstruct": PickledArray for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in ("core", "_core")},
}


def read_arrays(content: bytes) -> Contents:
    """The arrays in tables in tables, by dotted names; raises UnreadableError.

    The format doesn't say in which order the axes of a convolution are.
    """
    found, entry = flattened(Machine(io.BytesIO(content), KNOWN).load(), PickledArray)
    made = {name: item.array for name, item in found.items() if item.array is not None}
    if not made:
        raise UnreadableError("it holds no arrays", HELP)
    check_shared(sum(array.size for array in made.values()), len(content))
    return Contents(made, channels_last=None, entry=entry)
