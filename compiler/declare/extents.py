"""Types of arguments that are sizes: along spatial axes, of borders, of whole shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, ArgumentType, Integer


@dataclass(frozen=True)
class Extent(ArgumentType):
    """Sizes along the spatial axes: `3` for all of them, `3x3` or `[3, 3]`. Converts to an int or a tuple of ints."""

    minimum: int = 1
    name = "a size such as `3` or `3x3`"

    def convert(self, value: Any) -> int | tuple[int, ...]:
        element = Integer(self.minimum)
        try:
            if isinstance(value, (list, tuple)):
                return tuple(element.convert(item) for item in value)
            return element.convert(value)
        except ArgumentError as refused:
            raise self.refuse(value, refused.help) from None


@dataclass(frozen=True)
class Pad(ArgumentType):
    """`0`, `same`, `[h, w]` or `[[top, bottom], [left, right]]`. Converts to "same", an int, or a tuple an axis."""

    words: tuple[str, ...] = ("same",)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        same = "".join(f" `{word}`," for word in self.words)
        return f"a padding: a number,{same} `[h, w]` or `[[top, bottom], [left, right]]`"

    def convert(self, value: Any) -> str | int | tuple[int | tuple[int, int], ...]:
        if value in self.words:
            return str(value)
        if isinstance(value, str):
            raise self.refuse(value)
        element = Integer(0)
        try:
            if not isinstance(value, (list, tuple)):
                return element.convert(value)
            return tuple(self._axis(item, element) for item in value)
        except ArgumentError as refused:
            raise self.refuse(value, refused.help) from None

    def _axis(self, item: Any, element: Integer) -> int | tuple[int, int]:
        if isinstance(item, (list, tuple)):
            if len(item) != 2:
                raise self.refuse(item)
            return element.convert(item[0]), element.convert(item[1])
        return element.convert(item)


@dataclass(frozen=True)
class Sizes(ArgumentType):
    """A list of sizes, symbolic ones among them: `[1, 768]`, `64x7x7`. `-1` stays -1 where `infer` allows it."""

    infer: bool = False
    name = "a shape such as `64x7x7` or `[1, 768]`"

    def convert(self, value: Any) -> tuple[Any, ...]:
        from netc.compiler.ir import Dim

        items = value if isinstance(value, (list, tuple)) else [value]
        for item in items:
            whole = isinstance(item, Dim) or (isinstance(item, int) and not isinstance(item, bool))
            if not whole or (isinstance(item, int) and item < 1 and not (self.infer and item == -1)):
                raise self.refuse(value)
        return tuple(items)
