"""The types of arguments in the language: what a layer, loss or optimizer accepts, and how that is said.

An argument's type turns a static value of the language into a Python value, or says why it cannot. It also says which
words stand for something of their own there: `same` in `pad=same` is no value in sight but a word of the Pad type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from netc.compiler.ir import LARGEST_FLOAT32, DType, holds
from netc.grammar.literals import LARGEST


class ArgumentError(Exception):
    """A value that an argument's type refuses: `expected` continues "expected …", `found` describes the value."""

    def __init__(self, expected: str, found: str, help: str | None = None) -> None:
        super().__init__(f"expected {expected}, found {found}")
        self.expected = expected
        self.found = found
        self.help = help


def describe(value: object) -> str:
    """How a static value is named in a message: `3`, `"text"`, `[1, 2]`, `true`."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(describe, value)) + "]"
    return str(value)


class ArgumentType:
    """Base: `convert` returns the Python value or raises ArgumentError; `words` may stand there without quotes."""

    name: ClassVar[str] = "a value"
    words: tuple[str, ...] = ()

    def convert(self, value: Any) -> Any:
        return value

    def refuse(self, value: object, help: str | None = None) -> ArgumentError:
        return ArgumentError(self.name, describe(value), help)


@dataclass(frozen=True)
class Integer(ArgumentType):
    """A whole number from `minimum` to `maximum`, and below 2**63, as those of the language are."""

    minimum: int | None = None
    maximum: int | None = None

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        if self.minimum == 1 and self.maximum is None:
            return "a positive whole number"
        low = "" if self.minimum is None else f" from {self.minimum}"
        return f"a whole number{low}" + ("" if self.maximum is None else f" to {self.maximum}")

    def convert(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            whole = isinstance(value, float) and value.is_integer()
            raise self.refuse(value, "divide with `//`, which gives a whole number" if whole else None)
        if (self.minimum is not None and value < self.minimum) or (self.maximum is not None and value > self.maximum):
            raise self.refuse(value)
        if abs(value) > LARGEST:
            raise self.refuse(value, f"whole numbers go up to {LARGEST:,}")
        return value


SIZE = Integer(minimum=1)
AXIS = Integer()


@dataclass(frozen=True)
class Real(ArgumentType):
    """A number; the ends belong to the range unless `open_low` or `open_high` say otherwise."""

    minimum: float | None = None
    maximum: float | None = None
    open_low: bool = False
    open_high: bool = False

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        if None not in (self.minimum, self.maximum) and not self.open_low and not self.open_high:
            return f"a number from {self.minimum:g} to {self.maximum:g}"
        parts = []
        if self.minimum is not None:
            parts.append(f"{'above' if self.open_low else 'of at least'} {self.minimum:g}")
        if self.maximum is not None:
            parts.append(f"{'below' if self.open_high else 'of at most'} {self.maximum:g}")
        return " ".join(["a number", " and ".join(parts)]).rstrip()

    def convert(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.refuse(value)
        if not holds(DType.FLOAT32, value):
            raise self.refuse(value, f"float32 holds numbers up to {LARGEST_FLOAT32:.4g}")
        number = float(value)
        low = self.minimum is not None and (number < self.minimum or (self.open_low and number == self.minimum))
        high = self.maximum is not None and (number > self.maximum or (self.open_high and number == self.maximum))
        if low or high or number != number:
            raise self.refuse(value)
        return number


TRUTHS = {"1": "true", "yes": "true", "on": "true", "true": "true",
          "0": "false", "no": "false", "off": "false", "false": "false"}  # fmt: skip
"""What other languages write for `true` and `false`, in small letters."""


@dataclass(frozen=True)
class Boolean(ArgumentType):
    """`true` or `false`."""

    name = "true or false"

    def convert(self, value: Any) -> bool:
        if not isinstance(value, bool):
            meant = TRUTHS.get(str(value).lower())
            raise self.refuse(value, f"write `{meant}`" if meant else None)
        return value


@dataclass(frozen=True)
class Word(ArgumentType):
    """One of some words."""

    words: tuple[str, ...] = ()

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return "one of " + ", ".join(f"`{word}`" for word in self.words)

    def convert(self, value: Any) -> str:
        if value not in self.words:
            raise self.refuse(value)
        return str(value)


@dataclass(frozen=True)
class Text(ArgumentType):
    """A text in quotes; `example` shows one."""

    example: str = ""

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return f'a text in quotes such as `"{self.example}"`'

    def convert(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse(value)
        return value


@dataclass(frozen=True)
class Optional_(ArgumentType):  # noqa: N801
    """Another type, or `none`."""

    inner: ArgumentType = field(default_factory=ArgumentType)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return f"{self.inner.name} or none"

    @cached_property
    def words(self) -> tuple[str, ...]:  # type: ignore[override]
        """The inner type's words and `none`."""
        return (*self.inner.words, "none")

    def convert(self, value: Any) -> Any:
        return None if value is None or value == "none" else self.inner.convert(value)


_NO_DEFAULT: Any = object()


@dataclass(frozen=True)
class ArgumentSpec:
    """One declared argument: its type, its default (as converted), a line for the documentation.

    `name` is its name in the language, `attribute` the one in Python: they differ where Python reserves the word.
    `by_name` says that it has no place among the positional ones, `leading` that it has one in front of the tensors
    of a merge.
    """

    name: str
    type: ArgumentType
    doc: str
    default: Any = _NO_DEFAULT
    attribute: str = ""
    by_name: bool = False
    leading: bool = False

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is _NO_DEFAULT


def argument(
    type: ArgumentType,
    doc: str,
    *,
    default: Any = _NO_DEFAULT,
    word: str = "",
    by_name: bool = False,
    leading: bool = False,
) -> Any:
    """Declare an argument as a class attribute: `filters: int = argument(SIZE, "output channels")`.

    `word` is its name in the language where the attribute cannot have it, such as `from`. `by_name` says that it is
    never given without its name; `leading` that it stands in front of the tensors of a merge.
    """
    return ArgumentSpec(word, type, doc, default, by_name=by_name, leading=leading)
