"""A training from Python that leaves the run folder which `netc train` leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from netc.runtime.data.cards.card import Card
from netc.runtime.data.follow import BoundSplit
from netc.runtime.data.given import Parts
from netc.runtime.data.stream import Stream
from netc.runtime.folder.best_weights import BestWeights
from netc.runtime.folder.files import out_said
from netc.runtime.folder.run_files import RunFiles
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.runs.changes import recorded
from netc.runtime.runs.export import too_large
from netc.runtime.runs.request import Request, request_of, with_data, write_request
from netc.runtime.runs.run import begin, card_in, open_run
from netc.runtime.training.watching import is_done

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


@contextmanager
def folder_for(
    trainer: Trainer, parts: Parts, epochs: int, out: str | Path | RunFolder | None
) -> Iterator[tuple[RunFolder | None, list[str]]]:
    """The folder of a training, locked until the block ends, and what is to be told of it.

    out  a new folder, or that which the trainer resumed from or has written before, or one that is described already

    Raises DiagnosticError E562, E563 for a folder that holds something else, E569 where a training is at work in it.
    """
    if out is None:
        yield None, []
        return
    with ExitStack() as held:
        goes_on = not isinstance(out, RunFolder) and _is_own(trainer, Path(out))
        if isinstance(out, RunFolder):
            folder = out
        else:
            folder = RunFolder(Path(out)) if goes_on else _new(trainer, parts, epochs, Path(out), held)
        locked = held.enter_context(folder.lock.held())
        if goes_on:
            _bring_best(trainer, folder, parts.card)
            _go_on(trainer, parts, epochs, folder)
        yield folder, _notes(trainer, folder, locked)


def _is_own(trainer: Trainer, out: Path) -> bool:
    return trainer.path is not None and trainer.path.resolve() == out.resolve() and out.is_dir()


def _new(trainer: Trainer, parts: Parts, epochs: int, out: Path, held: ExitStack) -> RunFolder:
    _kept(trainer, out)  # where nobody has the best weights, nothing is made
    request, net = _request(trainer, parts, epochs), trainer.model.net
    save, go_on = _first_checkpoint(trainer, parts), f"call `trainer.resume({str(out)!r})` before `fit`"
    run = open_run(request, net, trainer.manifest, _sample(parts), parts.card, out, save, go_on)
    with out_said("use `out` for another folder"):
        return held.enter_context(run)


def _go_on(trainer: Trainer, parts: Parts, epochs: int, folder: RunFolder) -> None:
    """Describe the training that goes on in its folder, with what is no longer as it was asked for."""
    request, net = _request(trainer, parts, epochs), trainer.model.net
    if folder.run_json.is_file():
        before = request_of(folder)
        now = replace(before, overrides=request.overrides, memory=request.memory)
        now.skip_bad_steps = request.skip_bad_steps
        now.label, now.own_plan = request.label, request.own_plan
        if before.device != "auto":
            now.device = request.device
        if card_in(folder, before) != parts.card:
            now = replace(with_data(now, request.data), card=request.card)
        now, _ = recorded(before, now, net, trainer.progress, done=is_done(trainer.plan, trainer.progress, epochs))
        write_request(folder, now)
    else:
        begin(folder, request, net, trainer.manifest, _first_checkpoint(trainer, parts))


def _first_checkpoint(trainer: Trainer, parts: Parts) -> Callable[[RunFolder], None]:
    rows = 0 if isinstance(parts.train, Stream) else len(parts.train)

    def save(folder: RunFolder) -> None:
        _bring_best(trainer, folder, parts.card)
        trainer.begin(folder, rows, parts.card)

    return save


def _bring_best(trainer: Trainer, folder: RunFolder, card: Card) -> None:
    """Let the folder have the weights of the best epoch so far; raises DiagnosticError E561 where nobody has them."""
    at = trainer.progress.best_at
    if at is None:
        return
    kept = _kept(trainer, folder.path)
    if kept is None:
        weights, adapter = trainer.best_weights, trainer.best_adapter
        if weights is None:  # those of now are the best
            weights, adapter = trainer.averaged().state_dict(), trainer.adapter()
        folder.best_weights.save(weights, at, card.to_json(), adapter)
    elif kept.path.resolve() != folder.path.resolve():
        folder.best_weights.take(kept, trainer.progress)


def _kept(trainer: Trainer, out: Path) -> RunFiles | None:
    """The folder that has the best weights so far, None where the trainer has them itself.

    It has them in memory, or its weights of now are those. Raises DiagnosticError E561 where nobody has them.
    """
    progress = trainer.progress
    if progress.best_at is None or trainer.best_weights is not None:
        return None
    kept = RunFiles(out if trainer.path is None else trainer.path)
    are_there = kept.best.exists() or kept.best_before.exists()
    if not are_there and progress.best_at == (progress.epoch, progress.step):
        return None
    BestWeights(kept).found(progress)
    return kept


def _notes(trainer: Trainer, folder: RunFolder, locked: bool) -> list[str]:
    notes = [] if locked else [f"the file system of {folder.path} has no locks: start no second training there"]
    if too_large(trainer.model.net):
        notes.append(f"the network does not fit one .onnx file: {folder.model}.data will hold its weights")
    return notes


def _request(trainer: Trainer, parts: Parts, epochs: int) -> Request:
    """What the command would have been asked for."""
    model, net = trainer.model, trainer.model.net
    return Request(
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
        own_plan=trainer.own_plan,
        skip_bad_steps=trainer.skip_bad_steps,
        deterministic=model.threads == 1,
    )


def _text(value: Any) -> str:
    """An argument of a net as the language writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, dict):
        return f"[{', '.join(f'{_text(key)}: {_text(item)}' for key, item in value.items())}]"
    return json.dumps(value) if isinstance(value, str | bool) else str(value)


def _sample(parts: Parts) -> Any:
    """Rows that `netc predict` can be tried on: held out where they can be."""
    for rows in (parts.test, parts.train):
        if isinstance(rows, BoundSplit):
            return rows
    assert isinstance(parts.train, Stream)
    return StreamRows(parts.train)
