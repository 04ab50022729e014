"""Checkpoints: one file of tensors, with the progress of the training and the card of its data as metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from netc.compiler import CARD_KEY, RUN_VERSION, read_metadata, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.documents import DocumentError, of_another_form, opened, parsed
from netc.grammar.schema import Count, FormError, conform
from netc.runtime.folder.progress import Progress
from netc.runtime.sessions.resident import Array

PROGRESS_KEY = "netc.checkpoint"
"""The entry of the metadata that says how far the training has come, as JSON."""


REQUEST_KEY = "netc.run"
"""The entry that says what run.json says, but for the card, which has an entry of its own."""


EPOCH_KEY = "netc.epoch"
"""The entry of weights that says of which epoch they are, and after which step, as JSON."""


class About(TypedDict):
    """What a checkpoint says beside its version: seed and rows of the training, and its progress as JSON."""

    seed: int
    rows: Count
    progress: dict[str, Any]


def metadata_of(
    seed: int,
    rows: int,
    progress: Progress,
    card: Mapping[str, Any] | None,
    request: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """What a checkpoint says beside its tensors.

    rows  of the data;  card: what those mean;  request: what run.json says
    """
    about = {"version": RUN_VERSION, "seed": seed, "rows": rows, "progress": progress.to_json()}
    asked = {name: value for name, value in (request or {}).items() if name != "card"}
    return {
        PROGRESS_KEY: json.dumps(about),
        **({REQUEST_KEY: json.dumps(asked)} if asked else {}),
        **card_metadata(card),
    }


def request_in(path: Path) -> dict[str, Any] | None:
    """What a checkpoint says that run.json said, or None where it says nothing of it or cannot be read."""
    try:
        said = read_metadata(path) if path.exists() else {}
        read_about(path, said)
        if REQUEST_KEY not in said:
            return None
        return {**parsed(said[REQUEST_KEY]), "card": parsed(said[CARD_KEY]) if CARD_KEY in said else None}
    except (DiagnosticError, DocumentError, TypeError):
        return None


def card_metadata(card: Mapping[str, Any] | None) -> dict[str, str]:
    """The entry of a card in the metadata of weights."""
    return {} if card is None else {CARD_KEY: json.dumps(card)}


def epoch_metadata(epoch: int, step: int) -> dict[str, str]:
    """The entry of weights that says of which epoch they are."""
    return {EPOCH_KEY: json.dumps([epoch, step])}


def epoch_in(path: Path) -> tuple[int, int] | None:
    """Of which epoch weights are, and after which step; None where they cannot be read, or an older netc wrote them."""
    try:
        said = read_metadata(path).get(EPOCH_KEY)
        return None if said is None else conform(parsed(said), tuple[Count, Count])
    except (DiagnosticError, DocumentError, FormError):
        return None


def read_checkpoint(path: Path) -> tuple[dict[str, Array], About, Progress]:
    """Tensors, what is said about them, progress; raises DiagnosticError E534 to E536, E553, E561."""
    tensors, metadata = read_tensors(path)
    return tensors, *read_about(path, metadata)


def read_about(path: Path, metadata: Mapping[str, str]) -> tuple[About, Progress]:
    """What a checkpoint says in its metadata; raises DiagnosticError E535, E561."""
    help = "start a new run, with `--init` for the weights"
    if PROGRESS_KEY not in metadata:
        raise DiagnosticError(Diagnostic("E561", f"{path} is no checkpoint of a run", help=help))
    try:
        return _said(metadata[PROGRESS_KEY])
    except DocumentError as error:
        raise DiagnosticError(error.finding(f"what {path} says of its training", "E561", help)) from None


def _said(document: str) -> tuple[About, Progress]:
    about: About = opened(document, About, RUN_VERSION)
    try:
        return about, Progress.from_json(about["progress"])
    except FormError as reason:
        raise of_another_form(reason) from None


def step_of(path: Path) -> str | None:
    """After which step a checkpoint is, where it can be read."""
    try:
        return f"{read_checkpoint(path)[2].step:,}" if path.exists() else None
    except DiagnosticError:
        return None
