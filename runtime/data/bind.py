"""Fit data to a net as its card says, and check that every value of every row is one the net can take.

Without a card one is made first: training does. Training, evaluation, resuming and starting weights all follow it
through the same function, so that a file means the same to each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.card import Card, InputCard, PartCard
from netc.runtime.data.classes import numbered
from netc.runtime.data.dataset import DataSet, Field, Split
from netc.runtime.data.errors import error, finding, shape_text
from netc.runtime.data.fingerprint import fingerprint
from netc.runtime.data.fit import Fit, expectation, fit_shape
from netc.runtime.data.locate import Located, locate_input, locate_target
from netc.runtime.data.plan_card import few_classes, make_card
from netc.runtime.data.scale import divisor
from netc.runtime.data.shapes import wrong_shape
from netc.runtime.data.values import check_values

Ports = Sequence[Mapping[str, Any]]
ALL = "all"


@dataclass(frozen=True, slots=True)
class BoundSplit:
    """A part of the data as the net takes it: a field for each input and target, and what is done to its rows."""

    split: Split
    fields: Mapping[str, Field]
    fits: Mapping[str, Fit]

    def __len__(self) -> int:
        return len(self.split)

    def batch(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The rows with these indices, input by input, converted: [N, …] arrays ready for a session."""
        return {name: self.fits[name](values) for name, values in self.stored(indices).items()}

    def stored(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The same rows before they are scaled and brought to the net's shapes; classes are numbers."""
        rows = np.asarray(indices, np.int64)
        return {name: _taken(values, rows) for name, values in self.fields.items()}

    @property
    def fingerprint(self) -> str:
        """Of everything that the net sees of these rows."""
        return fingerprint(sorted(self.fields.items()))


def _taken(values: Field, rows: np.ndarray) -> np.ndarray:
    """These rows of a field; `take` is the faster way where the field is an array."""
    return values.take(rows, axis=0) if isinstance(values, np.ndarray) else np.asarray(values[rows])


@dataclass(frozen=True, slots=True)
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
    division = data.divide(frozenset(_answers(data, ports, made)))
    parts = [division.train, division.held, *(() if division.final is None else (division.final,))]
    for what, split in zip(("train on", "hold out", "measure at the end"), parts, strict=False):
        if len(split) == 0:
            raise error("E508", f"{data.name} has no rows to {what}", division.note)
    bound = [_bind_split(data, split, ports, made) for split in parts]
    _check(data, bound, ports, made)
    cards = [PartCard(name, len(part), part.fingerprint) for name, part in zip(division.names, bound, strict=True)]
    note = "; ".join([division.note, *data.notes, *([f"left out: {', '.join(left)}"] if left else [])])
    return BoundData(
        data.name,
        data.description,
        bound[0],
        bound[1],
        bound[2] if len(bound) > 2 else None,
        made.with_parts(cards, division.seeded),
        note,
        tuple(few_classes(data, bound, ports, made)),
    )


def bind_part(
    data: DataSet, inputs: Iterable[Mapping[str, Any]], card: Card | None, part: str | None = None
) -> tuple[str, BoundSplit]:
    """The rows to measure on, as a card says, and what they are: all of them, unless the data names a part for it.

    part  "train", "val", "test" or "all"; a file without parts is divided as the training did it

    Raises DiagnosticError as `bind_data` does, and E510 for a part that is not there.
    """
    ports = ports_of(inputs)
    made, _ = make_card(data, ports, card)
    answers = frozenset(_answers(data, ports, made))
    known = {name: split for name, split in data.parts.items() if answers <= split.fields.keys()} or dict(data.parts)
    if part is None:
        part = next((name for name in (data.options.test, "test", "val") if name in known), ALL)
    if part != ALL and (ALL in known or (part not in known and made.seeded is not None)):
        division = data.divide(answers)
        known = dict(zip(division.names, (division.train, division.held), strict=False))
    chosen = list(known.items()) if part == ALL else [(part, known[part])] if part in known else []
    if not chosen:
        parts = ", ".join(dict.fromkeys([*known, ALL]))
        raise error("E510", f"{data.name} has no part `{part}`", f"its parts are {parts}", help="choose one of them")
    bound = [_bind_split(data, split, ports, made) for _, split in chosen]
    _check(data, bound, ports, made)
    if len(bound) == 1:
        return part, bound[0]
    return part, _joined(bound)


def ports_of(inputs: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The ports of role data and target, each name once."""
    return list({port["name"]: port for port in inputs if port["role"] in ("data", "target")}.values())


def _answers(data: DataSet, ports: Ports, card: Card) -> list[str]:
    """The fields of the targets; a part without them cannot be measured."""
    first = data.first
    return [_locate(data, first, port, card).fields[0] for port in ports if port["role"] == "target"]


def _joined(parts: Sequence[BoundSplit]) -> BoundSplit:
    fields: dict[str, Field] = {
        name: np.concatenate([np.asarray(part.fields[name][:]) for part in parts]) for name in parts[0].fields
    }
    return BoundSplit(Split(fields, parts[0].split.place), fields, parts[0].fits)


def _check(data: DataSet, bound: Sequence[BoundSplit], ports: Ports, card: Card) -> None:
    findings = []
    for part in bound:
        for port in ports:
            name = port["name"]
            located = _locate(data, part.split, port, card)
            target = card.target(name)
            names = target.classes if target is not None else None
            findings += check_values(part.fields[name], located.where, port, names)
    if findings:
        raise DiagnosticError(findings)


def _locate(data: DataSet, split: Split, port: Mapping[str, Any], card: Card) -> Located:
    finder = locate_target if port["role"] == "target" else locate_input
    return finder(data, split, port, card)


def _bind_split(data: DataSet, split: Split, ports: Ports, card: Card) -> BoundSplit:
    fields: dict[str, Field] = {}
    fits: dict[str, Fit] = {}
    findings: list[Diagnostic] = []
    sizes: dict[str, int] = {}
    for port in ports:
        name = port["name"]
        located = _locate(data, split, port, card)
        target = card.target(name)
        if target is not None and target.kind == "classes":
            said = data.classes.get(located.fields[0])
            fields[name] = numbered(split, target, located.fields[0], said)
        else:
            fields[name] = located.values()
        found = _fit(data, split, located, fields[name], port, card.input(name), sizes)
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            fits[name] = found
    if findings:
        raise DiagnosticError(findings)
    return BoundSplit(split, fields, fits)


def _fit(
    data: DataSet,
    split: Split,
    located: Located,
    values: Field,
    port: Mapping[str, Any],
    card: InputCard | None,
    sizes: dict[str, int],
) -> Fit | Diagnostic:
    found, wanted, dtype = tuple(values.shape[1:]), list(port["shape"][1:]), np.dtype(port["dtype"])
    if values.dtype.kind == "U":
        message = f"{located.place} holds text, expected numbers for `{port['name']}`"
        return finding("E507", message, help="save numbers; names of classes are for a loss that compares classes")
    as_bytes = port["role"] == "data" and dtype == np.uint8
    known = [sizes.get(size, size) if isinstance(size, str) else size for size in wanted]
    last = located.fields[0] in split.channels_last
    fitted = fit_shape(found, known, channels_last=last, as_bytes=as_bytes)
    if fitted is None:
        return wrong_shape(data, split, located, port, found, wanted)
    shape, axes = fitted
    sizes.update({name: size for name, size in zip(wanted, shape, strict=True) if isinstance(name, str)})
    for name, size in zip(wanted, shape, strict=True):
        wish = expectation(port, name, size) if isinstance(name, str) else None
        if wish is not None:
            message = f"{located.place}: a row is {shape_text(found)}, which is not what the net expects"
            return finding("E504", message, f"`{name}` is {size}", help=f"give rows whose `{name}` is {wish}")
    if as_bytes and values.dtype != np.uint8:
        return finding(
            "E507",
            f"{located.place} has dtype {values.dtype}, expected uint8 for `{port['name']}`",
            help="save the images as bytes, 0 to 255",
        )
    if dtype.kind != "f" or card is None:
        return Fit(shape, dtype, axes)
    scale = divisor(values, port, card, located.place, data.options.scale)
    return scale if isinstance(scale, Diagnostic) else Fit(shape, dtype, axes, scale)
