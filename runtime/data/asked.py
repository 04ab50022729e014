"""Whether what options say about fields can be done: an option that would do nothing is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from netc.grammar.counted import counted
from netc.grammar.diagnostics import DiagnosticError, did_you_mean
from netc.runtime.data.cards.card import Card
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.errors import error, finding
from netc.runtime.data.match import listed
from netc.runtime.data.spec import Options

Ports = Sequence[Mapping[str, Any]]


def check_named(name: str, options: Options, split: Split) -> None:
    """Raise E503 where an option names a column, or an array, that data does not have."""
    kind = "column" if split.columns else "field"
    chosen = () if options.target is None else (options.target,)
    wrong = [
        finding(
            "E503",
            f"{name} has no {kind} `{column}`",
            f"its {kind}s are {listed(list(split.fields))}",
            help=did_you_mean(column, split.fields) or f"give the name of a {kind}",
        )
        for column in (*options.inputs, *options.drop, *chosen)
        if column not in split.fields
    ]
    if wrong:
        raise DiagnosticError(wrong)


def check_asked(data: DataSet, ports: Ports, card: Card | None) -> None:
    """Raise E503 for columns that are left out and needed, E510 for options that nothing depends on.

    ports  those of role data, and those of role target where the net has a loss
    card   what the data meant when the model was trained; None: these options decide
    """
    options = data.options
    inputs = [port for port in ports if port["role"] == "data"]
    if options.inputs and len(inputs) > 1:
        names = ", ".join(f"`{port['name']}`" for port in inputs)
        message = f"{data.name}: `inputs=` makes one input, the net has {names}"
        raise error("E503", message, help="call the columns as they are")
    if options.scale is not None and inputs and not any(np.dtype(port["dtype"]).kind == "f" for port in inputs):
        raise _idle("scale", f"{counted(len(inputs), 'input')} of the net, and none takes floats")
    if options.target is not None and card is None and all(port["role"] != "target" for port in ports):
        raise _idle("target", "no loss that compares with anything in the data")
    if card is not None and not options.inputs:
        _check_kept(data, card)


def _check_kept(data: DataSet, card: Card) -> None:
    for known in card.inputs:
        for name in known.sources:
            if name in data.options.drop:
                message = f"{data.name}: `drop` leaves `{name}` out, which input `{known.name}` is made of"
                raise error("E503", message, help="keep the columns of the training")


def _idle(option: str, there: str) -> DiagnosticError:
    return error("E510", f"the option `{option}` does nothing: there is {there}", help=f"leave `{option}` out")
