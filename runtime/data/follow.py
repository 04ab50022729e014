"""Follow a data card: the rows of a part as the net takes them, whatever the part came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from netc.compiler import size_in
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.cards.card import Card, InputCard
from netc.runtime.data.classes import numbered
from netc.runtime.data.dataset import DataSet, Field, Split
from netc.runtime.data.errors import finding, shape_text
from netc.runtime.data.fingerprint import fingerprint
from netc.runtime.data.fit import (
    Fit,
    Sizes,
    expectation,
    fit_shape,
    height_width,
    is_of_rows,
    open_sizes,
    with_height_width,
)
from netc.runtime.data.images.decode import LEVELS
from netc.runtime.data.labels import holds_text
from netc.runtime.data.locate import Located, locate_input, locate_target
from netc.runtime.data.scale import BYTES, divisor
from netc.runtime.data.shapes import no_numbers, wrong_shape
from netc.runtime.data.values import check_kept, check_values

Ports = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, repr=False)
class BoundSplit:
    """A part of the data as the net takes it: a field for each input and target, and what is done to its rows.

    sizes  what the open sizes of inputs and targets are in rows as the net takes them
    """

    split: Split
    fields: Mapping[str, Field]
    fits: Mapping[str, Fit]
    sizes: Mapping[str, int]

    def __repr__(self) -> str:
        return f"<bound rows: {len(self):,} of {', '.join(self.fields)}>"

    def __len__(self) -> int:
        return len(self.split)

    def batch(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The rows with these indices, input by input, converted: [N, …] arrays ready for a session."""
        return {name: self.fits[name](values) for name, values in self.stored(indices).items()}

    def stored(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The same rows before they are scaled and brought to the net's shapes; classes are numbers."""
        rows = np.asarray(indices, np.int64)
        return {name: _taken(values, rows) for name, values in self.fields.items()}

    def unsized(self) -> BoundSplit:
        """The same rows with maps of the size that is stored, for augmentation that changes it."""
        return replace(self, fits={name: replace(fit, size=None) for name, fit in self.fits.items()})

    @property
    def fingerprint(self) -> str:
        """Of everything that the net sees of these rows."""
        return fingerprint(sorted(self.fields.items()))


def _taken(values: Field, rows: np.ndarray) -> np.ndarray:
    """These rows of a field; `take` is the faster way where the field is an array."""
    return values.take(rows, axis=0) if isinstance(values, np.ndarray) else np.asarray(values[rows])


def bind_split(data: DataSet, split: Split, ports: Ports, card: Card) -> BoundSplit:
    """A part as the card says. Raises E503, E504, E507, E511, E520, E521."""
    fields: dict[str, Field] = {}
    fits: dict[str, Fit] = {}
    findings: list[Diagnostic] = []
    sizes: dict[str, int] = {}
    resizing: dict[Sizes, tuple[int, int]] = {}
    for port in ports:
        name = port["name"]
        located = _locate(data, split, port, card)
        target = card.target(name)
        if target is not None and target.kind == "classes":
            said = data.classes.get(located.fields[0])
            fields[name] = numbered(split, target, located.fields[0], said, port.get("ignored"))
        else:
            fields[name] = _levelled(located, port, card.input(name))
        found = _fit(data, split, located, fields[name], port, card.input(name), sizes, resizing)
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            fits[name] = found
    if findings:
        raise DiagnosticError(findings)
    return BoundSplit(split, fields, fits, sizes)


def _levelled(located: Located, port: Mapping[str, Any], card: InputCard | None) -> Field:
    """The values of a field; bytes among deep images are stretched to what the images of an input are divided by."""
    values, files = located.values(port["dtype"]), located.split.deep.get(located.fields[0])
    if files is None or located.is_target:
        return values
    return files.stretched(values, (card.levels if card is not None else None) or LEVELS)


def _known(text: str, sizes: Mapping[str, int]) -> int | str:
    """What a size is that fields before this one have told, or its text."""
    number = size_in(text, sizes)
    return text if number is None else number


def _fit(
    data: DataSet,
    split: Split,
    located: Located,
    values: Field,
    port: Mapping[str, Any],
    card: InputCard | None,
    sizes: dict[str, int],
    resizing: dict[Sizes, tuple[int, int]],
) -> Fit | Diagnostic:
    found, wanted, dtype = tuple(values.shape[1:]), list(port["shape"][1:]), np.dtype(port["dtype"])
    if holds_text(values):
        message = f"{located.place} holds text, expected numbers for `{port['name']}`"
        return finding("E507", message, help="save numbers; names of classes are for a loss that compares classes")
    if 0 in found and port["role"] == "data":  # answers may be none, such as the labels of a silence
        return no_numbers(f"{located.place}: a row is {shape_text(found)}", port)
    as_bytes = port["role"] == "data" and dtype == np.uint8
    known = [_known(size, sizes) if isinstance(size, str) else size for size in wanted]
    positions = tuple(size for size in known if isinstance(size, int))
    if is_of_rows(port, values.shape) and len(positions) == len(known):
        return Fit((), dtype, positions=positions)
    last = located.fields[0] in split.channels_last
    fitted = fit_shape(found, known, channels_last=last, as_bytes=as_bytes)
    resize = card.resized if card is not None else None
    if resize is not None or (resizing and len(wanted) in (2, 3)):
        anyhow = fit_shape(found, open_sizes(known, as_bytes=as_bytes), channels_last=last, as_bytes=as_bytes)
        before = height_width(anyhow[0], as_bytes) if anyhow is not None else ()
        if resize is not None:
            resizing[before] = resize
        resize = resizing.get(before)
        fitted = anyhow if resize is not None else fitted
    if fitted is None:
        return wrong_shape(data, split, located, port, found, known)
    shape, axes = fitted
    after = shape if resize is None else with_height_width(shape, resize, as_bytes)
    sizes.update({name: size for name, size in zip(wanted, after, strict=True) if isinstance(name, str)})
    for name, size in zip(wanted, after, strict=True):
        wish = expectation(port, name, size) if isinstance(name, str) else None
        if wish is not None:
            message = f"{located.place}: a row is {shape_text(found)}, which is not what the net expects"
            return finding("E504", message, f"`{name}` is {size}", help=f"give rows whose `{name}` is {wish}")
    deep = last and values.dtype == np.uint16
    if as_bytes and deep:
        levels = card.levels if card is not None else None
        return Fit(shape, dtype, axes, (levels or LEVELS) / BYTES, resize)
    if as_bytes and values.dtype != np.uint8:
        return finding(
            "E507",
            f"{located.place} has dtype {values.dtype}, expected uint8 for `{port['name']}`",
            help="save the images as bytes, 0 to 255",
        )
    if dtype.kind != "f" or card is None:
        return Fit(shape, dtype, axes, size=resize)
    scale = divisor(values, port, card, located.place, data.options.scale, pictures=last)
    return scale if isinstance(scale, Diagnostic) else Fit(shape, dtype, axes, scale, resize)


def check_rows(data: DataSet, bound: Sequence[BoundSplit], ports: Ports, card: Card) -> None:
    """Every value of every row of these parts; raises E505, E506."""
    findings = []
    for part in bound:
        for port in ports:
            name = port["name"]
            located = _locate(data, part.split, port, card)
            target = card.target(name)
            names = target.classes if target is not None else None
            findings += check_values(part.fields[name], located.where, port, names, part.sizes)
    if findings:
        raise DiagnosticError(findings)


def check_types(data: DataSet, bound: Sequence[BoundSplit], ports: Ports, card: Card) -> None:
    """Whether the types of the net hold every value; raises E505, E506."""
    findings = []
    for part in bound:
        for port in ports:
            where = _locate(data, part.split, port, card).where
            findings += check_kept(part.fields[port["name"]], where, port)
    if findings:
        raise DiagnosticError(findings)


def answers_of(data: DataSet, ports: Ports, card: Card) -> dict[str, str]:
    """target -> its field; a part without them cannot be measured."""
    first = data.first
    targets = [port for port in ports if port["role"] == "target"]
    return {port["name"]: _locate(data, first, port, card).fields[0] for port in targets}


def _locate(data: DataSet, split: Split, port: Mapping[str, Any], card: Card) -> Located:
    finder = locate_target if port["role"] == "target" else locate_input
    return finder(data, split, port, card)
