"""Types of arguments that name something: a layer, a tensor, a declaration, or a name that stands for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netc.compiler.declare.arguments import ArgumentType


class _Every(tuple[str, ...]):
    """All words."""

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str)


@dataclass(frozen=True)
class Name(ArgumentType):
    """A name that stands for itself, such as that of a metric."""

    name = "a name"
    words = _Every()

    def convert(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse(value)
        return value


@dataclass(frozen=True)
class LayerType(ArgumentType):
    """A layer that isn't applied yet: `relu`, `leaky_relu(0.1)`, `batchnorm -> relu`, a block."""

    name = "a layer"


@dataclass(frozen=True)
class TensorType(ArgumentType):
    """A tensor value: `weight=words.weight`."""

    name = "a tensor"


@dataclass(frozen=True)
class NumbersOrTensor(ArgumentType):
    """A number, truth value or text, a list of them, or a tensor: what an operator of ONNX takes."""

    name = "a number, a text, a list of them, or a tensor"
    tensor = TensorType()

    def convert(self, value: Any) -> Any:
        items = value if isinstance(value, (list, tuple)) else [value]
        if not all(isinstance(item, (bool, int, float, str)) for item in items):
            raise self.refuse(value)
        return tuple(items) if isinstance(value, (list, tuple)) else value


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
