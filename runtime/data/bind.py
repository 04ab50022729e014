"""Fit data to a net as its card says, and check that every value of every row is one the net can take.

Without a card one is made first: training does. Training, evaluation, resuming and starting weights all follow it
through the same function, so that a file means the same to each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.bound_parts import BoundParts, joined
from netc.runtime.data.cards.card import Card, PartCard
from netc.runtime.data.cards.plan_card import make_card
from netc.runtime.data.class_counts import check_classes, counted_in
from netc.runtime.data.dataset import DataSet
from netc.runtime.data.errors import error
from netc.runtime.data.follow import BoundSplit, Ports, answers_of, bind_split, check_rows, check_types

ALL = "all"


@dataclass(frozen=True, slots=True, repr=False)
class BoundData:
    """A DataSet fitted to a net and checked.

    train, held, final  rows to learn from, rows that choose the best epoch, rows measured once at the end, or None
    card                what the data means, with the fingerprint of each part
    warnings            findings that don't stop a training
    """

    name: str
    description: str
    train: BoundSplit
    held: BoundSplit
    final: BoundSplit | None
    card: Card
    split_note: str
    warnings: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        return f"<bound data {self.name}: {self.description}; {self.split_note}>"

    @property
    def test(self) -> BoundSplit:
        """The rows to measure on at the end: those that choose the best epoch, where there are no others."""
        return self.final or self.held


def bind_data(data: DataSet, inputs: Iterable[Mapping[str, Any]], card: Card | None = None) -> BoundData:
    """Fit the fields of the data to the inputs of a model for a training, and check every row.

    inputs  ports of one or several manifests; those of role data and target are used, each name once
    card    what the data meant when the model was trained; None: this data decides

    Raises DiagnosticError (E503 to E511, E520, E521) naming the file and the row.
    """
    ports = ports_of(inputs)
    made, left = make_card(data, ports, card)
    answers = answers_of(data, ports, made)
    by = _stratum(answers, card, made)
    division = data.divide(frozenset(answers.values()), None if by is None else answers[by])
    parts = [division.train, division.held, *(() if division.final is None else (division.final,))]
    for what, split in zip(("train on", "hold out", "measure at the end"), parts, strict=False):
        if len(split) == 0:
            raise error(
                "E508",
                f"{data.name} has no rows to {what}",
                division.note,
                help="give it more rows, or divide it otherwise, as with `validation=0.2`",
            )
    bound = [bind_split(data, split, ports, made) for split in parts]
    check_rows(data, bound, ports, made)
    cards = [PartCard(name, len(part), part.fingerprint) for name, part in zip(division.names, bound, strict=True)]
    note = "; ".join([division.note, *data.notes, *([f"left out: {', '.join(left)}"] if left else [])])
    return BoundData(
        data.name,
        data.description,
        bound[0],
        bound[1],
        bound[2] if len(bound) > 2 else None,
        counted_in(made, bound[0]).with_parts(cards, division.seeded, by if division.by is not None else None),
        note,
        (*data.warnings, *check_classes(data, division.names, bound, ports, made)),
    )


def bind_part(
    data: DataSet, inputs: Iterable[Mapping[str, Any]], card: Card | None, part: str | None = None
) -> tuple[str, BoundSplit | BoundParts]:
    """The rows to measure on, as a card says, and what they are: all of them, unless the data names a part for it.

    part  "train", "val", "test" or "all"; a file without parts is divided as the training did it

    Raises DiagnosticError as `bind_data` does, E508 where there are none, and E510 for a part that is not there.
    """
    ports = ports_of(inputs)
    made, _ = make_card(data, ports, card)
    fields = answers_of(data, ports, made)
    answers, by = frozenset(fields.values()), _stratum(fields, card, made)
    known = {name: split for name, split in data.parts.items() if answers <= split.fields.keys()} or dict(data.parts)
    if part is None:
        part = next((name for name in (data.options.test, "test", "val") if name in known), ALL)
    if part != ALL and (ALL in known or (part not in known and made.seeded is not None)):
        divide = data.divide if made.seeded is None else data.divide.as_drawn(*made.seeded)
        division = divide(answers, None if by is None else fields[by])
        known = dict(zip(division.names, (division.train, division.held), strict=False))
    chosen = known if part == ALL else {part: known[part]} if part in known else {}
    if not chosen:
        parts = ", ".join(dict.fromkeys([*known, ALL]))
        raise error("E510", f"{data.name} has no part `{part}`", f"its parts are {parts}", help="choose one of them")
    if not any(len(split) for split in chosen.values()):
        raise _no_rows(data.name if part == ALL else f"part `{part}` of {data.name}")
    bound = {name: bind_split(data, split, ports, made) for name, split in chosen.items()}
    check_rows(data, [*bound.values()], ports, made)
    return part, joined(data, bound)


def bind_inputs(data: DataSet, inputs: Ports, trained: Ports, card: Card | None) -> BoundSplit | BoundParts:
    """All rows for the inputs of a net, as its card says, in the order of the data.

    trained  what a training would read: without a card targets among the columns are no inputs

    Raises DiagnosticError E503 to E508, E521.
    """
    if not len(data):
        raise _no_rows(data.name)
    if card is None:
        try:
            card, _ = make_card(data, trained, None)
        except DiagnosticError:  # data to predict may have no targets
            card, _ = make_card(data, inputs, None)
    bound = {name: bind_split(data, split, inputs, card) for name, split in data.parts.items()}
    check_types(data, [*bound.values()], inputs, card)
    return joined(data, bound)


def _no_rows(what: str) -> DiagnosticError:
    return error("E508", f"{what} has no rows", help="give at least one example")


def ports_of(inputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The ports of role data and target, each name once."""
    return list({port["name"]: port for port in inputs if port["role"] in ("data", "target")}.values())


def _stratum(answers: Mapping[str, str], given: Card | None, made: Card) -> str | None:
    """The target whose classes are each divided in proportion: the first of classes, or as a given card drew its parts.

    Cards of before know no such thing: rows that they held out are held out again.
    """
    if given is not None and given.seeded is not None:
        return given.stratified if given.stratified in answers else None
    return next((item.name for item in made.targets if item.kind == "classes" and item.name in answers), None)
