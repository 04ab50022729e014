"""Protobuf's wire format: fields of a message one after the other, without a library and without their meaning.

What a reader of ONNX Runtime's might take in another way is called damaged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
MOST = 1 << 31  # of a field's length, and of its number with its type


class DamagedError(ValueError):
    """The bytes are no protobuf message, or one that nobody who writes ONNX writes."""


class Field(NamedTuple):
    """A field of a message: its number, where it begins and ends, and what it holds where that is bytes."""

    number: int
    begin: int
    end: int
    content: memoryview | None


def every_field(message: memoryview) -> Iterator[Field]:
    """The fields of a message in their order; raises DamagedError."""
    at, end = 0, len(message)
    while at < end:
        begin = at
        content = None
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if key >= 2 * MOST or number == 0:
            raise DamagedError("a field has a number that there isn't")
        if kind == VARINT:
            _, at = _varint(message, at)
        elif kind in (EIGHT, FOUR):
            at += 8 if kind == EIGHT else 4
        elif kind == BYTES:
            size, at = _varint(message, at)
            if size > end - at:
                raise DamagedError("it is cut off: a field is longer than what holds it")
            content = message[at : at + size]
            at += size
        else:
            raise DamagedError("a field has a type that ONNX doesn't use")
        if at > end:
            raise DamagedError("it is cut off: a field is longer than what holds it")
        yield Field(number, begin, at, content)


def fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of the fields that hold bytes; raises DamagedError."""
    for field in every_field(message):
        if field.content is not None:
            yield field.number, field.content


def field_of(number: int, content: bytes) -> bytes:
    """A field that holds bytes. Messages are merged by appending them, so one may be appended to a message."""
    return bytes(_written(number << 3 | BYTES)) + bytes(_written(len(content))) + content


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise DamagedError("it is cut off: the file ends within a number")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise DamagedError("a number is longer than any that there is")


def _written(value: int) -> Iterator[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
