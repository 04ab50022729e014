"""Where a later file holds what a model was trained on: by the names in the card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.grammar.diagnostics import DiagnosticError, did_you_mean
from netc.runtime.data.cards.card import Card
from netc.runtime.data.dataset import DataSet, Field, Split
from netc.runtime.data.errors import error, finding
from netc.runtime.data.labels import holds_text
from netc.runtime.data.match import listed, match_inputs, match_targets
from netc.runtime.data.tables.columns import as_numbers, no_number, stack


@dataclass(frozen=True, slots=True)
class Located:
    """The fields of a part that feed one input, or the one of a target."""

    split: Split
    fields: tuple[str, ...]
    is_target: bool = False

    @property
    def is_table(self) -> bool:
        """Whether they are columns of a table."""
        return self.fields[0] in self.split.columns

    @property
    def place(self) -> str:
        """Where they stand, as a whole."""
        if len(self.fields) == 1:
            return self.split.place(self.fields[0], -1)
        return self.split.place(f"{self.fields[0]} to {self.fields[-1]}", -1)

    def where(self, row: int, at: int) -> str:
        """Where one value stands."""
        return self.split.place(self.fields[at if len(self.fields) > 1 else 0], row)

    def values(self, dtype: str) -> Field:
        """One array, for an input or a target of that type: of the only field, or of several columns side by side."""
        if len(self.fields) > 1:
            return stack(self.split, self.fields, whole=np.dtype(dtype).kind in "iu")
        values = self.split.fields[self.fields[0]]
        if self.is_table and holds_text(values):
            values = as_numbers(np.asarray(values[:]))
        if self.is_table and holds_text(values):
            help = "repair the value, or compare classes: `cross_entropy` takes names" if self.is_target else None
            raise DiagnosticError(no_number(self.split, self.fields[0], help))
        return values


def locate_input(data: DataSet, split: Split, port: Mapping[str, Any], card: Card) -> Located:
    """Raises E503 for columns that are not there; the option `inputs` says others in the same order."""
    known = card.input(port["name"])
    sources = known.sources if known is not None else (port["name"],)
    if data.options.inputs and known is not None:
        sources = data.options.inputs
    if all(name in split.fields for name in sources):
        return Located(split, sources)
    if known is not None and (data.options.inputs or (known.kind == "columns" and split.columns)):
        raise _missing(data, split, port["name"], sources)
    found = match_inputs(data, split, _ports_of(card, port), _targets_in(card, split))
    return Located(split, found.fields[port["name"]])


def locate_target(data: DataSet, split: Split, port: Mapping[str, Any], card: Card) -> Located:
    """The field that the card names, else the option's, else as if it were new."""
    known = card.target(port["name"])
    source = data.options.target if data.options.target in split.fields else known.source if known is not None else None
    if source is not None and source in split.fields:
        return Located(split, (source,), is_target=True)
    found = match_targets(data, split, [port])
    return Located(split, (found[port["name"]],), is_target=True)


def _ports_of(card: Card, port: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The port among stand-ins for the other inputs, which have their names alone."""
    others = [{"name": item.name, "role": "data"} for item in card.inputs if item.name != port["name"]]
    return [port, *others]


def _targets_in(card: Card, split: Split) -> dict[str, str]:
    return {target.name: target.source for target in card.targets if target.source in split.fields}


def _missing(data: DataSet, split: Split, name: str, sources: tuple[str, ...]) -> DiagnosticError:
    columns = listed(list(split.columns or split.fields))
    findings = [
        finding(
            "E503",
            f"{data.name} has no column `{source}` for input `{name}`",
            f"its columns are {columns}",
            help=did_you_mean(source, split.columns or split.fields)
            or f"call a column `{source}`, as in the data of the training",
        )
        for source in sources
        if source not in split.fields
    ]
    return (
        DiagnosticError(findings[:5])
        if findings
        else error("E503", f"{data.name} has no columns", help="name the inputs' columns in its first line")
    )
