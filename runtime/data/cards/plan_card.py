"""The card of a training: made from its data, or that of the weights it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.asked import check_asked
from netc.runtime.data.cards.card import RESIZE, Card, InputCard, TargetCard
from netc.runtime.data.dataset import DataSet, Field, Split
from netc.runtime.data.labels import check_names, holds_text, names_of
from netc.runtime.data.match import match_inputs, match_targets
from netc.runtime.data.scale import span, unscaled, usual
from netc.runtime.data.tables.columns import as_numbers, stack

Ports = Sequence[Mapping[str, Any]]


def make_card(data: DataSet, ports: Ports, given: Card | None) -> tuple[Card, tuple[str, ...]]:
    """The card and the columns and arrays that feed nothing. Raises E503, E510, E511, E521.

    given  is kept, but for the scale that this data's option says, and how many classes this net has
    """
    check_asked(data, ports, given)
    if given is not None:
        scale = data.options.scale
        inputs = given.inputs if scale is None else tuple(replace(item, scale=scale) for item in given.inputs)
        resized = {port["name"]: _resized(port) for port in ports}
        inputs = tuple(replace(item, treated={**item.treated, **resized.get(item.name, {})}) for item in inputs)
        counts = {port["name"]: port["classes"] for port in ports if port.get("classes") is not None}
        of_this_net = tuple(replace(item, count=counts.get(item.name, item.count)) for item in given.targets)
        return replace(given, data=data.name, inputs=inputs, targets=of_this_net), ()
    split = data.first
    targets = match_targets(data, split, ports)
    sources = match_inputs(data, split, ports, targets)
    findings: list[Diagnostic] = []
    made: list[InputCard] = []
    for port in ports:
        if port["role"] == "data":
            card, wrong = _input_card(data, split, port, sources.fields[port["name"]])
            made.append(card)
            findings += [] if wrong is None else [wrong]
    if findings:
        raise DiagnosticError(findings)
    answers = [_target_card(data, split, port, targets[port["name"]]) for port in ports if port["role"] == "target"]
    return Card(data.name, tuple(made), tuple(answers)), sources.left


def continues(card: Card, data: DataSet, ports: Ports) -> bool:
    """Whether data is of the kind that weights were trained on, and shares classes and columns: their card holds then.

    Data of other columns, or of other classes altogether, is a new task.
    """
    split = data.first
    for port in ports:
        known = card.input(port["name"]) if port["role"] == "data" else card.target(port["name"])
        if known is None:
            return False
        if isinstance(known, InputCard) and known.kind == "columns" and split.columns:
            if not set(known.sources) & set(split.columns):
                return False
        elif isinstance(known, TargetCard) and known.classes is not None:
            source = match_targets(data, split, [port])[port["name"]]
            is_text = holds_text(split.fields[source])
            names = data.classes.get(source) or (names_of(split.fields[source]) if is_text else None)
            if names is not None and not set(names) & set(known.classes):
                return False
    return True


def _input_card(
    data: DataSet, split: Split, port: Mapping[str, Any], sources: tuple[str, ...]
) -> tuple[InputCard, Diagnostic | None]:
    table = sources[0] in split.columns
    values: Field = split.fields[sources[0]] if len(sources) == 1 else stack(split, sources)
    if table and holds_text(values):
        values = as_numbers(np.asarray(values[:]))
    low, high = span(values)
    images = sources[0] in split.channels_last
    place = split.place(sources[0] if len(sources) == 1 else f"{sources[0]} to {sources[-1]}", -1)
    wrong = None if data.options.scale is not None or images else unscaled(values, port, sources, place)
    height, width, channels = values.shape[1:] if images else (None, None, None)
    card = InputCard(
        port["name"],
        "columns" if table else "images" if images else "array",
        sources,
        str(values.dtype) if not table else "number",
        tuple(values.shape[1:]),
        data.options.scale,
        low,
        high,
        None if height is None or width is None else (height, width),
        channels,
        None if channels is None else "grey" if channels == 1 else "colour",
        max(255, int(usual(split.deep[sources[0]].largest))) if images and sources[0] in split.deep else None,
        {**(split.treated if images else {}), **_resized(port)},
    )
    return card, wrong


def _resized(port: Mapping[str, Any]) -> dict[str, str]:
    """What is kept of a plan that brings maps to a size."""
    return {RESIZE: "x".join(map(str, port["resized"]))} if "resized" in port else {}


def _target_card(data: DataSet, split: Split, port: Mapping[str, Any], source: str) -> TargetCard:
    count = port.get("classes")
    if count is None:
        return TargetCard(port["name"], source, "numbers")
    names = data.classes.get(source)
    if names is not None:
        check_names(f"{data.name}: `{source}`", names)
    elif holds_text(split.fields[source]):
        names = names_of(split.fields[source]) or None
    return TargetCard(port["name"], source, "classes", count, names)
