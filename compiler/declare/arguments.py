"""The types of arguments in the language: what a layer, loss or optimizer accepts, and how that is said.

An argument's type turns a static value of the language into a Python value, or says why it cannot. It also says which
words stand for something of their own there: `same` in `pad=same` is no value in sight but a word of the Pad type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


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
    """A whole number from `minimum` to `maximum`."""

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


@dataclass(frozen=True)
class Axes(ArgumentType):
    """A list of axes: `[1, 2, 0]`. Converts to a tuple of ints."""

    name = "a list of axes such as `[1, 2, 0]`"

    def convert(self, value: Any) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)):
            raise self.refuse(value)
        try:
            return tuple(AXIS.convert(item) for item in value)
        except ArgumentError:
            raise self.refuse(value) from None


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
class LayerType(ArgumentType):
    """A layer that isn't applied yet: `relu`, `leaky_relu(0.1)`, `batchnorm -> relu`, a block."""

    name = "a layer"


@dataclass(frozen=True)
class TensorType(ArgumentType):
    """A tensor value: `weight=words.weight`."""

    name = "a tensor"


@dataclass(frozen=True)
class DeclaredType(ArgumentType):
    """Something that a registry knows, with its arguments: `init=normal(0.01)`. Converts to an instance.

    kind    the registry's, for messages
    known   its words and their classes
    """

    kind: str = ""
    known: Callable[[], Mapping[str, Any]] = dict

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return f"an {self.kind} such as `{next(iter(self.known()))}`"

    @property
    def words(self) -> tuple[str, ...]:  # type: ignore[override]
        """Every word of the registry."""
        return tuple(self.known())

    def convert(self, value: Any) -> Any:
        """An instance as it is; a word, which a block's argument hands on, as the instance without arguments."""
        known = self.known()
        if isinstance(value, tuple(known.values())):
            return value
        if isinstance(value, str) and value in known and not any(s.required for s in known[value].arguments.values()):
            return known[value]()
        raise self.refuse(value)


@dataclass(frozen=True)
class Optional_(ArgumentType):  # noqa: N801
    """Another type, or `none`."""

    inner: ArgumentType = field(default_factory=ArgumentType)

    @property
    def name(self) -> str:  # type: ignore[override]
        """What is expected, in words."""
        return f"{self.inner.name} or none"

    @property
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
    `by_name` says that it has no place among the positional ones.
    """

    name: str
    type: ArgumentType
    doc: str
    default: Any = _NO_DEFAULT
    attribute: str = ""
    by_name: bool = False

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is _NO_DEFAULT


def argument(type: ArgumentType, doc: str, *, default: Any = _NO_DEFAULT, word: str = "", by_name: bool = False) -> Any:
    """Declare an argument as a class attribute: `filters: int = argument(SIZE, "output channels")`.

    `word` is its name in the language where the attribute cannot have it, such as `from`. `by_name` says that it is
    never given without its name.
    """
    return ArgumentSpec(word, type, doc, default, by_name=by_name)
