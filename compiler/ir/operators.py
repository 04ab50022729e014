"""Operators by name, as far as a graph knows them; `compiler/ops` declares them, a folder that is its own list."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from netc.compiler.ir.dims import Shape

if TYPE_CHECKING:
    from netc.compiler.ir.graph import DType, Value


class ShapeError(Exception):
    """Inputs that do not fit an operator or a layer.

    message   what was found, in the style of a diagnostic's message
    label     what to write under the layer's span, where the message alone does not say it all
    at        which input is to blame (its producer gets the secondary label)
    argument  the layer argument to blame instead, if one is
    help      the way out
    """

    def __init__(
        self,
        message: str,
        *,
        at: int = 0,
        argument: str | None = None,
        help: str | None = None,
        label: str = "",
        code: str = "E301",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.label = label
        self.at = at
        self.argument = argument
        self.help = help
        self.code = code


class Operator(Protocol):
    """What a node asks of its operator."""

    attributes: Mapping[str, Any]

    @classmethod
    def complete(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes with defaults filled in."""
        ...

    @classmethod
    def infer(cls, inputs: tuple[Value, ...], attributes: Mapping[str, Any]) -> tuple[tuple[DType, Shape], ...]:
        """Type and shape of every output; raises ShapeError."""
        ...


OPERATORS: dict[str, Any] = {}
"""Every operator that has been declared so far."""

DECLARED_IN = "netc.compiler.ops"


def operator(name: str) -> Any:
    """The operator of this name; an unknown one is a bug in netc."""
    if name not in OPERATORS:
        import_module(DECLARED_IN).all_ops()
    assert name in OPERATORS, f"no operator is called {name}"
    return OPERATORS[name]
