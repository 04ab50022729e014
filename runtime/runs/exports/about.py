"""What an export says about the run it comes from: classes, preprocessing, provenance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from netc.compiler import CARD_KEY, Value
from netc.runtime.data.cards.card import Card, InputCard
from netc.runtime.data.cards.card_text import input_line
from netc.runtime.runs.loaded import Run

CLASSES_KEY = "netc.classes"
PREPROCESSING_KEY = "netc.preprocessing"
PROVENANCE_KEY = "netc.provenance"


def notes(run: Run) -> dict[str, str]:
    """Metadata for readers that don't know netc, each JSON: the names of the classes, what inputs are, where from."""
    found: dict[str, Any] = {PREPROCESSING_KEY: preprocessing(run), PROVENANCE_KEY: provenance(run)}
    if run.card is not None and run.card.class_names is not None:
        found[CLASSES_KEY] = run.card.class_names
    return {key: json.dumps(value, ensure_ascii=False) for key, value in found.items()}


def metadata(run: Run) -> dict[str, str]:
    """The notes, and the data card as weights carry it."""
    return notes(run) | ({} if run.card is None else {CARD_KEY: json.dumps(run.card.to_json())})


def preprocessing(run: Run) -> dict[str, dict[str, Any]]:
    """For each input of the net: its shape, and what becomes of stored numbers on their way to it.

    shape      without the batch, channels first;  dtype
    stored     the element type in the data;  divide_by: what stored numbers are divided by
    size, channels, colour, columns, resize, transparency  where they apply
    text       the same in a line
    """
    return {value.name: _input(value, run.card) for value in run.net.inputs}


def _input(value: Value, card: Card | None) -> dict[str, Any]:
    shape = [size if isinstance(size, int) else str(size) for size in value.shape[1:]]
    found: dict[str, Any] = {"shape": shape, "dtype": str(value.dtype)}
    known = None if card is None else card.input(value.name)
    if known is None:
        return found
    found |= {"stored": known.dtype, "divide_by": divisor(known)}
    if known.kind == "columns":
        found["columns"] = list(known.sources)
    for name in ("size", "channels", "colour"):
        if (setting := getattr(known, name)) is not None:
            found[name] = setting
    return found | dict(known.treated) | {"text": input_line(known)}


def divisor(card: InputCard) -> float:
    """What stored numbers of an input are divided by."""
    if card.scale is not None:
        return card.scale
    return 255.0 if card.dtype == "uint8" else float(card.levels or 1)


def provenance(run: Run) -> dict[str, Any]:
    """The net, its training and its figures: what somebody needs to make the run again."""
    request = run.request
    return {
        "net": run.net.name,
        "settings": dict(run.net.settings),
        "parameters": run.net.params,
        "data": request.data,
        "rows": {} if run.card is None else {part.name: part.rows for part in run.card.parts},
        "fingerprints": {} if run.card is None else {part.name: part.fingerprint for part in run.card.parts},
        "seed": request.seed,
        "precision": request.precision,
        "epochs": len(run.history),
        "metrics": figures(run.metrics),
        "texts": dict(request.texts),
        "netc": version("netc"),
    }


def figures(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that are single numbers."""
    return {name: value for name, value in metrics.items() if isinstance(value, int | float)}
