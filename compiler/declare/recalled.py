"""What a file says was called, called again: a metric with its arguments, as a manifest has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from netc.compiler.declare.arguments import ArgumentError
from netc.compiler.declare.declared import Declared, Registry

Made = TypeVar("Made", bound=Declared)


def recalled(registry: Registry[Made], call: Any) -> Made:
    """What `{"name": "f1", "average": "macro"}` stands for; raises ValueError for what the registry would not make."""
    if not isinstance(call, Mapping) or not isinstance(call.get("name"), str):
        raise ValueError("a call has no name")
    definition = registry.all().get(call["name"])
    if definition is None:
        raise ValueError(f"nothing is called {call['name']}")
    given = {name: value for name, value in call.items() if name != "name"}
    if not given.keys() <= definition.arguments.keys():
        raise ValueError(f"{call['name']} has other arguments")
    try:
        return definition(**{name: definition.arguments[name].type.convert(value) for name, value in given.items()})
    except (ArgumentError, TypeError) as error:  # TypeError: one that has to be given isn't
        raise ValueError(str(error)) from error
