"""What a model's metadata says about it, checked before anybody relies on it: the file may come from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Mapping

from netc.compiler import MANIFEST_KEY, Tallies, said
from netc.runtime.sessions.isolated.exchange import DTYPES
from netc.runtime.sessions.isolated.process import IsolatedSession
from netc.runtime.sessions.session import Session

SCORER_KEY = "netc.scorer"

Opened = Session | IsolatedSession


class NotesError(ValueError):
    """A note is not what netc writes there."""


def scorer(metadata: Mapping[str, str]) -> bytes | None:
    """The model that computes loss and metrics."""
    text = metadata.get(SCORER_KEY)
    try:
        return base64.b64decode(text, validate=True) if text else None
    except ValueError as error:
        raise NotesError(f"`{SCORER_KEY}` in its metadata is damaged") from error


SCORED = {"data", "target", "prediction"}
"""What the inputs of a scorer are for."""


def check_figures(scorer: Opened | None, outputs: set[str]) -> None:
    """Raise NotesError where what a scorer says about itself is not what the compiler writes."""
    if scorer is None:
        return
    try:
        if scorer.manifest is None or scorer.manifest["kind"] != "score":
            raise NotesError(f"`{SCORER_KEY}` in its metadata holds no scorer")
        check_own_ports(scorer)
        Tallies(scorer.manifest)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotesError(f"`{SCORER_KEY}` in its metadata is damaged") from error
    inputs = scorer.manifest["inputs"]
    if any(
        port["role"] not in SCORED or (port["role"] == "prediction" and said(port) not in outputs) for port in inputs
    ):
        raise NotesError(f"`{SCORER_KEY}` in its metadata scores another network")


def check_own_ports(model: Opened) -> None:
    """Raise NotesError where a model's manifest names other inputs and outputs than the model has."""
    if model.manifest is None:
        return
    for ports, found in (
        (model.manifest["inputs"], model.inputs),
        (model.manifest["outputs"], model.given_outputs),
    ):
        told = {port["name"]: (len(port["shape"]), port["dtype"]) for port in ports}
        if told != {item.name: (len(item.shape), DTYPES.get(item.type)) for item in found} or len(told) != len(ports):
            raise NotesError(f"`{MANIFEST_KEY}` in its metadata is of another model")
