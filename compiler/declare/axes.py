"""Argument types for places along axes: an index, one axis or several, the parts of an axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netc.compiler.declare.arguments import AXIS, SIZE, ArgumentError, ArgumentType


def _is_open_size(value: object) -> bool:
    from netc.compiler.ir import Dim

    return isinstance(value, Dim)


@dataclass(frozen=True)
class Index(ArgumentType):
    """A place on an axis: a whole number, or a size that is open, such as `T`."""

    name = "a whole number or a size"

    def convert(self, value: Any) -> Any:
        """The index; raises ArgumentError."""
        if _is_open_size(value):
            return value
        try:
            return AXIS.convert(value)
        except ArgumentError as refused:
            raise self.refuse(value, refused.help) from None


@dataclass(frozen=True)
class AxisOrAxes(ArgumentType):
    """One axis, `1`, or a list of them, `[0, 2]`. Converts to a tuple of ints."""

    name = "an axis or a list of axes"

    def convert(self, value: Any) -> tuple[int, ...]:
        """The axes; raises ArgumentError."""
        try:
            return tuple(map(AXIS.convert, value)) if isinstance(value, (list, tuple)) else (AXIS.convert(value),)
        except ArgumentError as refused:
            raise self.refuse(value, refused.help) from None


@dataclass(frozen=True)
class Parts(ArgumentType):
    """How many equal parts, `3`, or the size of each, `[2, 4]`. Converts to an int or a tuple of ints."""

    name = "a number of parts or a list of sizes"

    def convert(self, value: Any) -> int | tuple[int, ...]:
        """The number or the sizes; raises ArgumentError."""
        try:
            if isinstance(value, (list, tuple)) and value:
                return tuple(map(SIZE.convert, value))
            return SIZE.convert(value)
        except ArgumentError as refused:
            raise self.refuse(value, refused.help) from None


@dataclass(frozen=True)
class Axes(ArgumentType):
    """A list of axes: `[1, 2, 0]`. Converts to a tuple of ints."""

    name = "a list of axes such as `[1, 2, 0]`"

    def convert(self, value: Any) -> tuple[int, ...]:
        """The axes; raises ArgumentError."""
        if not isinstance(value, (list, tuple)):
            raise self.refuse(value)
        try:
            return tuple(AXIS.convert(item) for item in value)
        except ArgumentError:
            raise self.refuse(value) from None
