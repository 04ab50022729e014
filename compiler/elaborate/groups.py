"""Which train sections belong to a net, and with which arguments they want it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netc.compiler.elaborate.advice import argument_advice
from netc.compiler.elaborate.module import Module, Written
from netc.compiler.elaborate.report import Report
from netc.compiler.elaborate.sameness import same
from netc.compiler.elaborate.static_binds import file_frame
from netc.compiler.elaborate.values import POISON
from netc.grammar import ast
from netc.grammar.diagnostics import Label, Span, did_you_mean

Group = tuple[dict[str, Any], list[ast.Train]]
"""Arguments of a net, and the train sections that give them."""


def groups_of(
    module: Module, definition: ast.Net, report: Report, given: Mapping[str, Any] | None = None
) -> list[Group]:
    """How a net is checked: with each set of arguments that its train sections give, or with its defaults.

    given  arguments that count before those; names that the net does not have are left out
    """
    names = {parameter.name for parameter in definition.parameters}
    given = {name: value for name, value in (given or {}).items() if name in names}
    trains = trains_of(module, definition, report)
    groups: list[Group] = []
    for train in trains:
        arguments = {**arguments_of(module, train, report), **given}
        for known, members in groups:
            if are_same(known, arguments):
                members.append(train)
                break
        else:
            groups.append((arguments, [train]))
    if not groups:
        if any(parameter.default is None and parameter.name not in given for parameter in definition.parameters):
            return []
        groups.append((given, []))
    return groups


def trains_of(module: Module, definition: ast.Net, report: Report) -> list[ast.Train]:
    """The train sections of a net; reports labels that are given twice."""
    found = [train for train in module.trains if train.net == definition.name]
    labels: dict[str | None, Span] = {}
    for train in found:
        first = labels.setdefault(train.label, train.net_span)
        if first is not train.net_span:
            report.error(
                "E409",
                f"two train sections of `{train.net}` have the same label",
                train.net_span,
                secondary=[Label(first, "the first one")],
                help='tell them apart: `train Net "fine-tuning" { … }`',
            )
    return found


def arguments_of(module: Module, train: ast.Train, report: Report) -> dict[str, Any]:
    """The arguments that a train section gives its net."""
    layer = module.layers.get(train.net)
    definition = layer.definition if isinstance(layer, Written) else None
    known = [parameter.name for parameter in definition.parameters] if definition is not None else []
    positional = list(known)
    frame = file_frame(module)
    values: dict[str, Any] = {}
    for argument in train.arguments:
        name = argument.name
        if name is None:
            if not positional:
                report.error(
                    "E221", f"`{train.net}` takes fewer arguments", argument.span, "one too many", help="remove it"
                )
                continue
            name = positional[0]
        elif name not in positional:
            if name in known:
                report.error("E222", f"`{name}` is given twice", argument.span, help="remove one of the two")
            else:
                message = f"`{train.net}` has no argument `{name}`"
                report.error("E220", message, argument.span, help=argument_advice(name, f"`{train.net}`", known).help)
            continue
        positional.remove(name)
        value = frame.evaluate(argument.value)
        if value is not POISON:
            values[name] = value
    return values


def are_same(some: Mapping[str, Any], others: Mapping[str, Any]) -> bool:
    """Whether a net is the same with either arguments; the order in which they are given makes no difference."""
    return some.keys() == others.keys() and all(same(value, others[name]) for name, value in some.items())


def known_net(module: Module, train: ast.Train, report: Report) -> None:
    """Report a train section whose net the file does not define."""
    names = [definition.name for definition in module.nets]
    if train.net not in names and train.net not in module.broken:
        report.error(
            "E400",
            f"no net of this file is called `{train.net}`",
            train.net_span,
            help=did_you_mean(train.net, names or ()) or _nets_here(names),
        )


def _nets_here(names: list[str]) -> str:
    if not 0 < len(names) <= 4:
        return "write train sections in the file of their net"
    return f"write {' or '.join(f'`train {name}`' for name in names)}"
