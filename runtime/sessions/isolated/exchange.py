"""What netc and the process of a stranger's model send each other: JSON, and arrays as their bytes. No pickle.

A message is the length of its JSON in 8 bytes, the JSON, and the bytes of its parts one after the other, whose lengths
the JSON's `parts` has. Neither side believes the other: whatever isn't such a message, or is longer than the reader
takes, is an ExchangeError.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np

from netc.grammar.counted import counted

LENGTH = struct.Struct("<Q")
TEXT = 256 << 20
"""The most bytes of a message's JSON: the metadata of a model is in one."""

DTYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint64)": "uint64",
    "tensor(uint32)": "uint32",
    "tensor(uint16)": "uint16",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
}
"""ONNX Runtime's types that arrays have, by numpy's names."""

Array = np.ndarray[Any, np.dtype[Any]]


class ExchangeError(ValueError):
    """The other side ended, or sent what is no message."""


class TooLongError(ExchangeError):
    """The parts of a message have more bytes than its reader takes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"a message of {counted(size, 'byte')}")
        self.size = size


def send(stream: IO[bytes], said: Mapping[str, Any], parts: Sequence[bytes | memoryview] = ()) -> None:
    """Write a message."""
    text = json.dumps({**said, "parts": [len(part) for part in parts]}).encode()
    stream.write(LENGTH.pack(len(text)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes], most: int) -> tuple[dict[str, Any], list[bytearray]]:
    """Read a message of at most `most` bytes in its parts; raises ExchangeError, EOFError where there is none."""
    first = stream.read(LENGTH.size)
    if not first:
        raise EOFError
    (length,) = LENGTH.unpack(first) if len(first) == LENGTH.size else (TEXT + 1,)
    if length > TEXT:
        raise ExchangeError("no message")
    try:
        said = json.loads(_exactly(stream, length))
        sizes = said.pop("parts")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise ExchangeError("no message") from None
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise ExchangeError("no message")
    if sum(sizes) > most:
        raise TooLongError(sum(sizes))
    return said, [_exactly(stream, size) for size in sizes]


def pack(arrays: Mapping[str, Array]) -> tuple[list[dict[str, Any]], list[memoryview]]:
    """What a message says about arrays, and its parts."""
    said, parts = [], []
    for name, array in arrays.items():
        said.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape)})
        parts.append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return said, parts


def unpack(said: Any, parts: Sequence[bytearray]) -> dict[str, Array]:
    """The arrays of a message; raises ExchangeError."""
    known = set(DTYPES.values())
    found: dict[str, Array] = {}
    if not isinstance(said, list) or len(said) != len(parts):
        raise ExchangeError("no arrays")
    for item, part in zip(said, parts, strict=True):
        if not (isinstance(item, dict) and isinstance(item.get("name"), str) and item.get("dtype") in known):
            raise ExchangeError("no array")
        shape, dtype = item.get("shape"), np.dtype(item["dtype"])
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise ExchangeError("no array")
        if len(shape) > 64 or math.prod(shape) * dtype.itemsize != len(part):
            raise ExchangeError("an array of another size")
        found[item["name"]] = np.frombuffer(part, dtype).reshape(shape)
    return found


def _exactly(stream: IO[bytes], size: int) -> bytearray:
    content = bytearray(size)
    view, at = memoryview(content), 0
    while at < size:
        count = stream.readinto(view[at:])  # type: ignore[attr-defined]
        if not count:
            raise ExchangeError("the other side ended")
        at += count
    return content
