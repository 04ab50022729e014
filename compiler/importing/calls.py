"""A network as applications of layers of the language, before it is text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netc.compiler.importing.lowering import Weight
from netc.compiler.ir import Size, Value

SYMBOLS = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/", "Pow": "**"}

LITERAL = "number"
"""The word of a call that is one number, written out where it is read."""


@dataclass(eq=False, slots=True)
class Tie:
    """A layer that is made once and applied, or read, in several places; `name` is what it is called."""

    call: Call = field(repr=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A weight of a tied layer that another one has too, perhaps transposed."""

    tie: Tie
    leaf: str
    across: bool = False

    def __str__(self) -> str:
        path = f"{self.tie.name}.{self.leaf}"
        return f"({path} -> transpose)" if self.across else path


@dataclass(eq=False, slots=True)
class Call:
    """One layer, or arithmetic, with what flows in.

    word       of the layer; for arithmetic its sign: `+`
    arguments  by name: numbers, words, sizes, lists, Values that are read beside the flow
    sources    what flows in, the first one by the arrow; numbers in arithmetic
    outputs    what comes out
    weights    by the leaf of their names in the layer
    scope      the path of the module that it belongs to in the model
    tie        the layer that it applies, where that is applied elsewhere too
    """

    word: str
    sources: tuple[Value | float, ...]
    outputs: tuple[Value, ...]
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weights: Mapping[str, Weight] = field(default_factory=dict)
    scope: tuple[str, ...] = ()
    tie: Tie | None = None

    @property
    def is_tied(self) -> bool:
        """Whether it reads a name of the net, so that it can't stand in a block."""
        return self.tie is not None or any(isinstance(item, Borrowed) for item in self.arguments.values())

    @property
    def infix(self) -> bool:
        """Whether it is arithmetic."""
        return not self.word[0].isalpha()

    @property
    def reads(self) -> list[Value]:
        """Every value that it reads."""
        return [item for item in (*self.sources, *self.arguments.values()) if isinstance(item, Value)]


Argument = Size | float | str | bool | tuple[Any, ...] | Value
