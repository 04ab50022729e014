"""A training from Python that leaves the run folder which `netc train` leaves."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netc.grammar.diagnostics import DiagnosticError
from netc.runtime.data.follow import BoundSplit
from netc.runtime.data.given import Parts
from netc.runtime.data.stream import Stream
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.run import Request, begin, open_run, request_of

if TYPE_CHECKING:
    from netc.runtime.training.trainer import Trainer


class StreamRows:
    """The first rows of batches that come from elsewhere, as a sample."""

    def __init__(self, stream: Stream) -> None:
        self.first = {name: np.asarray(array) for name, array in stream.first.items()}

    def __len__(self) -> int:
        return len(next(iter(self.first.values())))

    def stored(self, indices: Any) -> dict[str, np.ndarray]:
        """These rows."""
        return {name: array[indices] for name, array in self.first.items()}


def folder_for(trainer: Trainer, parts: Parts, epochs: int, out: Path) -> RunFolder:
    """The folder of a training: a new one, or that which the trainer resumed from or has written before.

    Raises DiagnosticError E562, and E563 for a folder that holds something else.
    """
    request = _request(trainer, parts, epochs)
    if trainer.path is None or trainer.path.resolve() != out.resolve():
        try:
            return open_run(request, trainer.model.net, trainer.manifest, _sample(parts), out)
        except DiagnosticError as wrong:
            help = (
                f"use another folder, or call `trainer.resume({str(out)!r})` before `fit` to go on with the run in it"
            )
            raise DiagnosticError(
                [replace(found, help=help) if found.code == "E563" else found for found in wrong.diagnostics]
            ) from None
    folder = RunFolder(out)
    if folder.run_json.is_file():
        known = request_of(folder)
        known.overrides = {**known.overrides, "epochs": epochs}
        folder.write_request(asdict(known))
    else:
        begin(folder, request, trainer.model.net, trainer.manifest)
    folder.model.unlink(missing_ok=True)
    return folder


def _request(trainer: Trainer, parts: Parts, epochs: int) -> Request:
    """What the command would have been asked for."""
    model, net = trainer.model, trainer.model.net
    request = Request(
        net.file,
        net.name,
        [f"{name}={_text(value)}" for name, value in net.given.items()],
        {**trainer.settings, "epochs": epochs},
        parts.spec or "",
        trainer.seed,
        model.device.name,
        precision=trainer.options.precision,
        tf32=model.device.tf32,
        memory=trainer.options.memory,
        card=parts.card.to_json(),
        label=trainer.plan.label,
    )
    known = {plan.label for plan in net.plans}
    own = trainer.plan.label not in known or request.plan(net) != replace(trainer.plan, epochs=epochs)
    return replace(request, own_plan=own)


def _text(value: Any) -> str:
    """An argument of a net as the language writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    return json.dumps(value) if isinstance(value, str | bool) else str(value)


def _sample(parts: Parts) -> Any:
    """Rows that `netc predict` can be tried on: held out where they can be."""
    for rows in (parts.test, parts.train):
        if isinstance(rows, BoundSplit):
            return rows
    assert isinstance(parts.train, Stream)
    return StreamRows(parts.train)
