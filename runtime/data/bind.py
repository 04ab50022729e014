"""Fit data to a net: which field feeds which input, and whether every value of every row is one the net can take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.runtime.data.dataset import DataSet, Field, Split
from netc.runtime.data.errors import error, finding, shape_text
from netc.runtime.data.fit import Fit, declared, expectation, fit_shape
from netc.runtime.data.values import check_values

DATA_ALIASES = ("image", "x", "data", "input", "features", "pixel")
TARGET_ALIASES = ("label", "y", "target", "class")
Ports = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class BoundSplit:
    """A part of the data as the net takes it.

    sources  input -> the field of the data that feeds it;  fits: input -> what is done to its rows
    """

    split: Split
    sources: Mapping[str, str]
    fits: Mapping[str, Fit]

    def __len__(self) -> int:
        return len(self.split)

    def batch(self, indices: Sequence[int] | np.ndarray) -> dict[str, np.ndarray]:
        """The rows with these indices, input by input, converted: [N, …] arrays ready for a session."""
        rows = np.asarray(indices, np.int64)
        fields = self.split.fields
        return {name: self.fits[name](_taken(fields[source], rows)) for name, source in self.sources.items()}


def _taken(values: Field, rows: np.ndarray) -> np.ndarray:
    """These rows of a field; `take` is the faster way where the field is an array."""
    return values.take(rows, axis=0) if isinstance(values, np.ndarray) else np.asarray(values[rows])


@dataclass(frozen=True, slots=True)
class BoundData:
    """A DataSet fitted to a net and checked; `train` and `test` give batches of the net's inputs."""

    name: str
    description: str
    train: BoundSplit
    test: BoundSplit
    class_names: tuple[str, ...] | None
    split_note: str


def bind_data(data: DataSet, inputs: Iterable[Mapping[str, Any]]) -> BoundData:
    """Fit the fields of the data to the inputs of a model and check every row.

    inputs  ports of one or several manifests; those of role data and target are used, each name once.
    Raises DiagnosticError (E503 to E509) naming the file and the row.
    """
    ports = list({port["name"]: port for port in inputs if port["role"] in ("data", "target")}.values())
    for part, split in (("train on", data.train), ("hold out", data.test)):
        if len(split) == 0:
            raise error("E508", f"{data.name} has no rows to {part}", data.split_note)
    sources = match_fields(data, ports)
    bound = [_bind_split(data, split, ports, sources) for split in (data.train, data.test)]
    findings = [
        found
        for part in bound
        for port in ports
        for found in check_values(part.split, sources[port["name"]], port, data.class_names)
    ]
    if findings:
        raise DiagnosticError(findings)
    return BoundData(data.name, data.description, bound[0], bound[1], data.class_names, data.split_note)


def match_fields(data: DataSet, ports: Ports) -> dict[str, str]:
    """input -> field: by name, else the one input left takes the field that is usually meant. Raises E503."""
    fields = data.train.fields
    sources = {port["name"]: port["name"] for port in ports if port["name"] in fields}
    findings = []
    for role, aliases in (("data", DATA_ALIASES), ("target", TARGET_ALIASES)):
        left = [port["name"] for port in ports if port["role"] == role and port["name"] not in sources]
        other = DATA_ALIASES if role == "target" else TARGET_ALIASES
        free = [name for name in fields if name not in sources.values()]
        guess = next((name for name in aliases if name in free), None)
        if guess is None and len(remaining := [name for name in free if name not in other]) == 1 and role == "data":
            guess = remaining[0]
        if len(left) == 1 and guess is not None:
            sources[left[0]] = guess
            continue
        word = "input" if role == "data" else "target"
        findings += [
            finding(
                "E503",
                f"{data.name} has no field for {word} `{name}`",
                f"its fields are {', '.join(fields)}",
                help=did_you_mean(name, fields) or f"call a field of the data `{name}`",
            )
            for name in left
        ]
    findings += [
        finding(
            "E503",
            f"{data.name} has field `{source}` in one part alone",
            f"held out: {', '.join(data.test.fields)}",
            help="give both parts the same fields",
        )
        for source in sources.values()
        if source not in data.test.fields
    ]
    if findings:
        raise DiagnosticError(findings)
    return sources


def _bind_split(data: DataSet, split: Split, ports: Ports, sources: Mapping[str, str]) -> BoundSplit:
    fits: dict[str, Fit] = {}
    findings: list[Diagnostic] = []
    names: dict[str, int] = {}
    for port in ports:
        found = _fit(split, sources[port["name"]], port, data.scale, names)
        if isinstance(found, Diagnostic):
            findings.append(found)
        else:
            fits[port["name"]] = found
    if findings:
        raise DiagnosticError(findings)
    return BoundSplit(split, sources, fits)


def _fit(
    split: Split, source: str, port: Mapping[str, Any], scale: float | None, names: dict[str, int]
) -> Fit | Diagnostic:
    values: Field = split.fields[source]
    found, wanted, dtype = tuple(values.shape[1:]), list(port["shape"][1:]), np.dtype(port["dtype"])
    if values.dtype.kind == "U":
        message = f"{split.place(source, -1)} holds text, expected numbers for `{port['name']}`"
        return finding("E507", message, help="save numbers; class names may stand in a field called `label`")
    as_bytes = port["role"] == "data" and dtype == np.uint8
    known = [names.get(size, size) if isinstance(size, str) else size for size in wanted]
    fitted = fit_shape(found, known, channels_last=source in split.channels_last, as_bytes=as_bytes)
    if fitted is None:
        return _wrong_shape(split, source, port, found, wanted)
    shape, axes = fitted
    names.update({name: size for name, size in zip(wanted, shape, strict=True) if isinstance(name, str)})
    for name, size in zip(wanted, shape, strict=True):
        wish = expectation(port, name, size) if isinstance(name, str) else None
        if wish is not None:
            message = f"{split.place(source, -1)}: a row is {shape_text(found)}, which is not what the net expects"
            return finding("E504", message, f"`{name}` is {size}", help=f"give rows whose `{name}` is {wish}")
    if as_bytes and values.dtype != np.uint8:
        return finding(
            "E507",
            f"{split.place(source, -1)} has dtype {values.dtype}, expected uint8 for `{port['name']}`",
            help="save the images as bytes, 0 to 255",
        )
    if dtype.kind != "f":
        return Fit(shape, dtype, axes)
    divisor = scale if scale is not None and port["role"] == "data" else 255.0 if values.dtype == np.uint8 else None
    return Fit(shape, dtype, axes, divisor)


def _wrong_shape(
    split: Split, source: str, port: Mapping[str, Any], found: tuple[int, ...], wanted: list[Any]
) -> Diagnostic:
    at = f"{split.place(source, -1)}: a row is {shape_text(found)}"
    word = "input" if port["role"] == "data" else "target"
    shape = shape_text(declared(found, len(wanted), as_bytes=port["dtype"] == "uint8"))
    advice = f"declare `input {port['name']}: {shape}`, or give data of the net's shape"
    if port["role"] == "target":
        advice = (
            "give one label for each example" if "classes" in port else "make the target as large as the prediction"
        )
    elif source in split.channels_last and len(wanted) == 3:
        height, width, channels = wanted if port["dtype"] == "uint8" else (*wanted[1:], wanted[0])
        changes = [] if (height, width) == found[:2] else [f"size={height}x{width}"]
        changes += [] if channels == found[2] or channels not in (1, 3) else [f"channels={channels}"]
        if changes:
            advice = f"put `:{','.join(changes)}` after the data's name to convert the images"
    return finding("E504", f"{at}, expected {shape_text(wanted)} for {word} `{port['name']}`", help=advice)
