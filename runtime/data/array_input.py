"""An array that `netc predict` is asked about, brought to the shape, type and scale of a net's input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.runtime.data.cards.card import Card, InputCard, TargetCard
from netc.runtime.data.errors import error, shape_text
from netc.runtime.data.fit import Fit, expectation, fit_shape, open_sizes, with_height_width
from netc.runtime.data.images.decode import LEVELS
from netc.runtime.data.scale import BYTES, divisor
from netc.runtime.data.shapes import no_numbers
from netc.runtime.data.values import check_values

Ports = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Reader:
    """What every file is read for: the ports of the net, and what its card says about them.

    target   the classes that labels beside the examples are compared with, or None
    ignored  the label among them that the loss ignores, where there is one
    notes    what was done to a file;  counted: what was done to images, and to how many
    skipped  files in folders that nothing read, by ending;  damaged: images that were left out
    """

    ports: Ports
    card: Card
    target: TargetCard | None = None
    ignored: int | None = None
    notes: list[str] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)

    def known(self, port: Mapping[str, Any]) -> InputCard:
        """The card's input, or one that says nothing."""
        return self.card.input(port["name"]) or InputCard(port["name"], "array", (port["name"],), "", ())


def convert(
    reader: Reader,
    place: str,
    values: np.ndarray,
    port: Mapping[str, Any],
    *,
    said: float | None = None,
    channels_last: bool = False,
) -> np.ndarray:
    """One example or several, as training data is converted. Raises E504 to E508, E521.

    said  the option `scale`, which a float input's values are divided by
    """
    dtype, wanted = np.dtype(port["dtype"]), port["shape"][1:]
    as_bytes = dtype == np.uint8
    known = reader.known(port)
    deep = values.dtype == np.uint16 and (channels_last or known.levels is not None)
    if values.dtype.kind == "U" or (as_bytes and not deep and values.dtype != dtype):
        raise error(
            "E507",
            f"{place} has dtype {values.dtype}, expected {dtype} for input `{port['name']}`",
            help=f"save it as {dtype}",
        )
    resize = known.resized
    sizes = wanted if resize is None else open_sizes(wanted, as_bytes=as_bytes)
    one = fit_shape(values.shape, sizes, channels_last=channels_last, as_bytes=as_bytes)
    many = fit_shape(values.shape[1:], sizes, channels_last=channels_last, as_bytes=as_bytes) if values.ndim else None
    fitted = many or one
    shown = f"{shape_text(values.shape[1:3])} pixels" if channels_last else shape_text(values.shape)
    if fitted is None:
        several = "" if channels_last else ", or several of them along axis 0"
        message = f"{place} is {shown}, expected {shape_text(wanted)} for input `{port['name']}`{several}"
        raise error("E504", message, help=f"give {'an image' if channels_last else 'an array'} of the net's shape")
    if 0 in (values.shape if many is None else values.shape[1:]):
        raise DiagnosticError(no_numbers(f"{place} is {shape_text(values.shape)}", port))
    after = fitted[0] if resize is None else with_height_width(fitted[0], resize, as_bytes)
    sides = open_sizes(wanted, as_bytes=as_bytes) if channels_last else wanted
    for name, side, size in zip(wanted, sides, after, strict=True):
        wish = expectation(port, name, size) if isinstance(name, str) else None
        if wish is not None and channels_last:
            message = f"{place} is {shown}, and `{name}`, {side}, is {size}"
            raise error("E504", message, help=f"give an image of which {side} is {wish}")
        if wish is not None:
            message = f"{place} is {shown}, where `{name}` is {size}"
            raise error("E504", message, help=f"give an array whose `{name}` is {wish}")
    if many is None:
        values = values[None]

    def where(row: int, at: int) -> str:
        index = [int(one) for one in np.unravel_index(at, values.shape[1:])]
        return f"{place} at {[row, *index] if many is not None else index}"

    if findings := check_values(values, where, port, None, {}):
        raise DiagnosticError(findings)
    if len(values) == 0:
        raise error("E508", f"{place} has no rows", help="give it at least one example")
    scale = divisor(values, port, known, place, said, pictures=channels_last) if dtype.kind == "f" else None
    if as_bytes and deep:
        scale = (known.levels or LEVELS) / BYTES
    if isinstance(scale, Diagnostic):
        raise DiagnosticError(scale)
    return Fit(fitted[0], dtype, fitted[1], scale, resize)(values)
