"""Types of arguments that are lists: of channels, of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from netc.compiler.declare.arguments import ArgumentError, ArgumentType, Integer, Real


@dataclass(frozen=True)
class Connections(ArgumentType):
    """For each output a list of inputs, each at most once: `[[0, 1], [1, 2]]`. Converts to a tuple of sorted tuples."""

    name = "a list of lists of channels such as `[[0, 1], [1, 2]]`"

    def convert(self, value: Any) -> tuple[tuple[int, ...], ...]:
        element = Integer(0)
        try:
            if not isinstance(value, (list, tuple)) or not all(isinstance(item, (list, tuple)) for item in value):
                raise self.refuse(value)
            found = tuple(tuple(sorted(element.convert(number) for number in item)) for item in value)
        except ArgumentError:
            raise self.refuse(value) from None
        if not all(item and len(set(item)) == len(item) for item in found):
            raise self.refuse(value)
        return found


@dataclass(frozen=True)
class Numbers(ArgumentType):
    """A number or a list of numbers. Converts to a float or a tuple of floats."""

    name = "a number or a list of numbers"

    def convert(self, value: Any) -> float | tuple[float, ...]:
        if isinstance(value, (list, tuple)):
            return tuple(Real().convert(item) for item in value)
        return Real().convert(value)


@dataclass(frozen=True)
class Names(ArgumentType):
    """A name or a list of names. Converts to a tuple of strings."""

    name = "a name or a list of names"

    def convert(self, value: Any) -> tuple[str, ...]:
        found = (value,) if isinstance(value, str) else value
        if not isinstance(found, (list, tuple)) or not all(isinstance(item, str) and item for item in found):
            raise self.refuse(value)
        return tuple(found)


@dataclass(frozen=True)
class Interval(ArgumentType):
    """Two numbers, the lower one first, both in a range: `[0.5, 1]`. Converts to a tuple of two floats."""

    end: Real = field(default_factory=Real)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return f"two numbers such as `[0.5, 1]`, the lower one first, each {self.end.name}"

    def convert(self, value: Any) -> tuple[float, float]:
        try:
            low, high = (self.end.convert(item) for item in value)
        except (ArgumentError, TypeError, ValueError):
            raise self.refuse(value) from None
        if low > high:
            raise self.refuse(value)
        return low, high


@dataclass(frozen=True)
class ClassWeights(ArgumentType):
    """A list of numbers, one a class, or `balanced`. Converts to a tuple of floats, "balanced" or None."""

    words: tuple[str, ...] = ("balanced", "none")
    name = "a list of numbers of at least 0, or `balanced`"

    def convert(self, value: Any) -> tuple[float, ...] | str | None:
        if value is None or value == "none":
            return None
        if value == "balanced":
            return "balanced"
        if not isinstance(value, (list, tuple)):
            raise self.refuse(value)
        try:
            return tuple(Real(0).convert(item) for item in value)
        except ArgumentError:
            raise self.refuse(value) from None
