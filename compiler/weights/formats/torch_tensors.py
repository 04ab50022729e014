"""PyTorch's tensors in pickles: which part of which storage each one is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netc.compiler.weights.formats.base import (
    MOST_AXES,
    Contents,
    UnreadableError,
    check_shape,
    check_shared,
    flattened,
)
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

DTYPES = {
    "FloatStorage": "<f4", "DoubleStorage": "<f8", "HalfStorage": "<f2", "BFloat16Storage": "bfloat16",
    "LongStorage": "<i8", "IntStorage": "<i4", "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1",
    "BoolStorage": "?", "UntypedStorage": "u1",
}  # fmt: skip
"""The types of numbers by the storages that hold them; numpy's names, but for bfloat16."""

BY_NAME = {
    "float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "bfloat16", "int64": "<i8", "int32": "<i4",
    "int16": "<i2", "int8": "i1", "uint8": "u1", "bool": "?",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers in a row, which tensors are parts of; `key` is what the file calls them, `size` how many there are."""

    dtype: str
    key: str
    size: int

    @property
    def width(self) -> int:
        """Bytes of a number."""
        return 2 if self.dtype == "bfloat16" else int(self.dtype.strip("<")[1:] or 1)

    @property
    def width_read(self) -> int:
        """Bytes of a number once it is read."""
        return 4 if self.dtype == "bfloat16" else self.width

    @property
    def bytes(self) -> int:
        """Bytes of all."""
        return self.size * self.width


@dataclass(frozen=True, slots=True)
class Tensor:
    """A part of a storage, in elements: checked to lie within it."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> Tensor:
    """A tensor of a storage; raises UnreadableError unless every element of it lies there."""
    if not isinstance(storage, Storage):
        raise UnreadableError("a tensor in it has no storage")
    sizes = (offset, *shape, *strides)
    if any(isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 62 for size in sizes):
        raise UnreadableError("a tensor in it has a size or a stride that is no number")
    if len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise UnreadableError(f"the axes and strides of a tensor in it don't agree: {len(shape)} and {len(strides)}")
    check_shape(shape, storage.width_read)
    made = Tensor(storage, offset, tuple(shape), tuple(strides))
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
    if made.size and (last >= storage.size or made.size > storage.size):
        held = counted(storage.size, "number")
        raise UnreadableError(f"a tensor in it reaches beyond its storage, which has {held}")
    return made


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


KNOWN: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.Size": tuple,
    "torch.device": lambda *_: None,
    "torch.storage.UntypedStorage": "u1",
    **{f"torch.{name}": dtype for name, dtype in DTYPES.items()},
    **{f"torch.{name}": dtype for name, dtype in BY_NAME.items()},
}
"""The names in PyTorch's files that make tensors or say what they hold."""


def contents(found: Any, bytes_of: Callable[[Storage], bytes | memoryview], byte_order: str = "<") -> Contents:
    """The tensors that a pickle named, out of their storages; raises UnreadableError.

    bytes_of  reads a storage: as many bytes as it says, or it raises;  byte_order: of its numbers, as numpy writes it
    """
    tensors, entry = flattened(found, Tensor)
    if not tensors:
        raise UnreadableError("it holds no tensors", "save the tensors: `torch.save(model.state_dict(), …)`")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    if any(tensor.storage != storages[tensor.storage.key] for tensor in tensors.values()):
        raise UnreadableError("two storages in it have one name")
    check_shared(sum(item.size for item in tensors.values()), sum(item.size for item in storages.values()))
    held = {key: _numbers(storage, bytes_of(storage), byte_order) for key, storage in storages.items()}
    made = {name: _part(tensor, held[tensor.storage.key]) for name, tensor in tensors.items()}
    return Contents(made, entry=entry)


def _numbers(storage: Storage, content: bytes | memoryview, byte_order: str) -> Array:
    import numpy as np

    if storage.dtype == "bfloat16":  # the upper half of a float32
        upper = np.frombuffer(content, f"{byte_order}u2", storage.size).astype(np.uint32)
        return (upper << np.uint32(16)).view(np.float32)
    return np.frombuffer(content, storage.dtype.replace("<", byte_order), storage.size)


def _part(tensor: Tensor, numbers: Array) -> Array:
    import numpy as np

    axes = zip(tensor.shape, tensor.strides, strict=True)
    strides = tuple(stride * numbers.itemsize if size > 1 else 0 for size, stride in axes)
    if not tensor.size:
        return np.zeros(tensor.shape, numbers.dtype)
    part = np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)
    return part if part.dtype.isnative else part.astype(part.dtype.newbyteorder("="))
