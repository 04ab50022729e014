"""The finding about rows of another shape than the net takes, with the way out for each kind of data."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic
from netc.runtime.data.dataset import DataSet, Split
from netc.runtime.data.errors import finding, shape_text
from netc.runtime.data.fit import declared
from netc.runtime.data.locate import Located
from netc.runtime.data.match import listed

COUNTERS = ("id", "index", "row", "no", "nr", "unnamed: 0")


def wrong_shape(
    data: DataSet, split: Split, located: Located, port: Mapping[str, Any], found: tuple[int, ...], wanted: list[Any]
) -> Diagnostic:
    """E504. Columns of a table are listed, and none of them is a target of the loss."""
    if located.is_table and port["role"] == "data":
        return _wrong_columns(data, split, located, port, wanted)
    at = f"{located.place}: a row is {shape_text(found)}"
    word = "input" if port["role"] == "data" else "target"
    shape = shape_text(declared(found, len(wanted), as_bytes=port["dtype"] == "uint8"))
    advice = f"declare `input {port['name']}: {shape}`, or give data of the net's shape"
    if port["role"] == "target":
        advice = "make the target as large as the prediction, or a mask as its positions: all axes but that of channels"
        if "classes" in port:
            advice = "give one label for each example" if not wanted else "give one label for each position"
        if "classes" in port and not wanted and found:
            advice += ", or let the net predict a class at each position"
    elif located.fields[0] in split.channels_last and len(wanted) == 3:
        height, width, channels = wanted if port["dtype"] == "uint8" else (*wanted[1:], wanted[0])
        changes = [] if (height, width) == found[:2] else [f"size={height}x{width}"]
        changes += [] if channels == found[2] or channels not in (1, 3) else [f"channels={channels}"]
        if changes:
            advice = f"put `:{','.join(changes)}` after the data's name to convert the images"
    return finding("E504", f"{at}, expected {shape_text(wanted)} for {word} `{port['name']}`", help=advice)


def no_numbers(found: str, port: Mapping[str, Any]) -> Diagnostic:
    """E504: rows of an input with an axis of length 0."""
    message = f"{found}: there is no number in it for input `{port['name']}`"
    return finding("E504", message, help="give rows that hold numbers, or leave them out")


def _wrong_columns(
    data: DataSet, split: Split, located: Located, port: Mapping[str, Any], wanted: list[Any]
) -> Diagnostic:
    names = located.fields
    others = [name for name in split.columns if name not in names]
    counter = next((name for name in names if name.lower() in COUNTERS), None)
    choose = f"choose columns: `:inputs={names[0]},…` or `:drop={counter or names[-1]}` after the data's name"
    declare = f"declare `input {port['name']}: {shape_text((len(names),))}`"
    count = counted(len(names), "column")
    too_many = len(names) > 1 and (
        not wanted or any(isinstance(size, str) for size in wanted) or len(names) > prod(wanted)
    )
    return finding(
        "E504",
        f"{data.name} has {count} for input `{port['name']}`, expected {shape_text(wanted)}",
        f"they are {listed(names)}",
        *([f"targets, text and columns left out: {listed(others)}"] if others else []),
        help=f"{choose}, or {declare}" if too_many else declare,
    )
