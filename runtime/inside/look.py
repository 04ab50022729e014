"""What every look at a model has in common: it is given a model, and a seed where it draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from netc.grammar.given import require, seed_of
from netc.runtime.model import Model

Look = TypeVar("Look", bound=Callable[..., Any])


def look(function: Look) -> Look:
    """A look that raises TypeError where it is given something else than a model, or no seed."""
    name = f"netc.inside.{function.__name__}"

    @wraps(function)
    def looked(model: Any, *given: Any, **named: Any) -> Any:
        require(model, Model, name, f"{name}(netc.Model(net), …)")
        if "seed" in named:
            named["seed"] = seed_of(named["seed"])
        return function(model, *given, **named)

    return cast(Look, looked)
