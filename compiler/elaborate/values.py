"""What an expression may give: static values are Python's, tensors and layers are wrapped, a mistake is POISON.

int float bool str None   themselves; a symbolic size is a Dim
tuple                     a list, a range or a shape;  Several where it holds tensors
dict                      a table
Tensor                    a value that will exist at run time
LayerValue                a layer that isn't applied yet (layer_values.py)
POISON                    the result of a mistake that has been reported; whatever is made from it is silent
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from netc.compiler.elaborate.layer_values import LayerValue
from netc.compiler.elaborate.scope import Scope
from netc.compiler.ir import Dim, Value, format_shape, language_shape
from netc.grammar.counted import counted


class Poison:
    """See POISON."""

    def __repr__(self) -> str:
        return "POISON"


POISON: Final = Poison()


@dataclass(eq=False, slots=True)
class Tensor:
    """A tensor, and where what was built under its name is found by dots."""

    value: Value
    scope: Scope | None = None

    def __str__(self) -> str:
        return f"a tensor {format_shape(language_shape(self.value))}"


class Several(tuple[Any, ...]):
    """A list that holds tensors; flows as several values."""

    scope: Scope | None = None

    @staticmethod
    def of(items: list[Any] | tuple[Any, ...], scope: Scope | None = None) -> Several:
        """A list of tensors (or of lists of them) with a scope."""
        made = Several(items)
        made.scope = scope
        return made

    def __str__(self) -> str:
        return f"a list of {counted(len(self), 'tensor')}"


def scoped(value: Any, scope: Scope | None) -> Any:
    """The same value, known under another scope."""
    if isinstance(value, Tensor):
        return Tensor(value.value, scope)
    if isinstance(value, Several):
        return Several.of(value, scope)
    return value


ATTRIBUTES = ("shape", "channels", "height", "width", "features", "length")
"""What is reached by a dot behind every tensor."""


def is_flowing(value: Any) -> bool:
    """Whether a value can flow: a tensor, a list of them, or what should have been one."""
    return isinstance(value, (Tensor, Several, Poison))


def listed(items: list[Any]) -> Any:
    """A list of items: Several where tensors are among them, POISON where a mistake is."""
    if any(item is POISON for item in items):
        return POISON
    if any(is_flowing(item) for item in items):
        return Several.of(items)
    return tuple(items)


def spread(value: Any) -> Iterator[Any]:
    """The single values of a flow, lists opened."""
    if isinstance(value, tuple):
        for item in value:
            yield from spread(item)
    else:
        yield value


def tensors(value: Any) -> tuple[Value, ...]:
    """The tensors among the single values of a flow."""
    if isinstance(value, Tensor):
        return (value.value,)
    return tuple(item.value for item in spread(value) if isinstance(item, Tensor))


def named_values(name: str, value: Any) -> Iterator[tuple[str, Value | None]]:
    """A value and its name; of a list each element with its number."""
    if isinstance(value, Tensor):
        yield name, value.value
    elif isinstance(value, Several):
        for number, item in enumerate(value):
            yield from named_values(f"{name}.{number}", item)
    else:
        yield name, None


def as_given(value: Any) -> Any:
    """An argument, or a table of them, without what elaboration wraps around it: Values, and layers as their words."""
    if isinstance(value, tuple):
        return tuple(map(as_given, value))
    if isinstance(value, dict):
        return {key: as_given(item) for key, item in value.items()}
    if isinstance(value, LayerValue):
        return value.word
    return value.value if isinstance(value, Tensor) else value


def is_number(value: Any) -> bool:
    """A static number; booleans are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_size(value: Any) -> bool:
    """A whole number, symbolic ones among them."""
    return isinstance(value, (int, Dim)) and not isinstance(value, bool)


def kind(value: Any) -> str:
    """What a value is, in words, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Tensor, Several, LayerValue)):
        return str(value)
    if value is None:
        return "none"
    if isinstance(value, (int, float)):
        return f"the number {value}" if abs(value) < 10**15 else "a very large number"
    if isinstance(value, Dim):
        return f"the size {value}"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, tuple):
        return f"a list of {len(value)}"
    return str(value)
