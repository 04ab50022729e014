"""A run, trained once more from what it was asked for, and compared with what it left, bit for bit."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import Net, batch_ports, read_tensors
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.shell import shell_word
from netc.runtime.data.bind import BoundData, bind_data
from netc.runtime.data.open import open_data
from netc.runtime.folder.listener import Listener
from netc.runtime.folder.lock import FolderLock, is_at_work
from netc.runtime.folder.progress import Progress, Record
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.model import Model
from netc.runtime.runs.cards import card_to_follow
from netc.runtime.runs.changes import change_lines
from netc.runtime.runs.request import Request, request_of, with_data
from netc.runtime.runs.run import card_in, check_texts, net_of, open_run, other_rows
from netc.runtime.sessions.resident import Array
from netc.runtime.training.conditions import conditions, differing, read_conditions
from netc.runtime.training.requested import make_trainer


@dataclass(frozen=True, slots=True)
class Difference:
    """The first figure of a history that is another one."""

    epoch: int
    figure: str
    was: float | None
    now: float | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The tensor of a file that is furthest off: the largest difference, and how much that is of its largest number."""

    file: str
    tensor: str
    largest: float
    relative: float


@dataclass(frozen=True, slots=True)
class Repetition:
    """What came of it.

    epochs, tensors   how many were compared
    conditions        of lock.json, what is another one now: name -> before, now
    figures           how many figures differ, and the first of them
    moved             the tensor that is furthest off, None where all are equal to the last bit
    """

    epochs: int
    tensors: int
    conditions: Mapping[str, tuple[Any, Any]]
    figures: int
    first: Difference | None
    moved: Moved | None

    @property
    def equal(self) -> bool:
        """Whether all is equal to the last bit."""
        return self.first is None and self.moved is None


class StopAfter(Listener):
    """Ends a training where the one before was ended."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def epoch_ended(self, record: Record, improved: bool) -> None:
        """Stop where the run had come to."""
        if record["epoch"] == self.epochs:
            self.stop("the run that is repeated ended here")


def reproduce(
    path: Path,
    *,
    out: Path | None = None,
    data: str | None = None,
    listener: Listener | None = None,
    say: Callable[[str], object] = print,
) -> Repetition:
    """Train a run once more, from its text, data and seed, for the epochs that it has done, and compare.

    out       a new folder for the repeated run, which is thrown away otherwise
    data      the same rows, where they aren't any more where they were
    listener  follows the training;  say: is given what a partial initialization did

    Raises DiagnosticError E569 where a training is at work in it, E610 for a run that cannot be repeated or that has
    gone on meanwhile, E611 where the data isn't that of the run, and as training does.
    """
    folder = RunFolder.open(path)
    if is_at_work(path):
        raise FolderLock(path).refused()
    request, was = request_of(folder), read_conditions(folder)
    last, _, progress = folder.read_last()
    _check_repeatable(folder, request, progress, data)
    kept = {folder.last.name: last} if progress.batch == 0 else {}
    if progress.best is not None:  # else the weights that count are those of the checkpoint
        folder.best_weights.found(progress)
        kept = {folder.best.name: folder.read_weights(folder.weights()), **kept}
    net = net_of(folder, request)
    bound = _data(folder, request, net, data)
    model = Model(net, was["device"], request.seed, tf32=request.tf32, threads=was["threads"])
    trainer = make_trainer(net, request, model, say=say)
    now = conditions(trainer, bound.card)
    ended = [StopAfter(progress.epoch)] if progress.epoch < trainer.plan.epochs else []
    listeners = [*ended, *([] if listener is None else [listener])] or None
    with tempfile.TemporaryDirectory(prefix="netc-", ignore_cleanup_errors=True) as place:
        again = out or Path(place) / "again"

        def save(folder: RunFolder) -> None:
            trainer.begin(folder, len(bound.train), bound.card)

        asked = request if data is None else with_data(request, data)
        with open_run(asked, net, trainer.manifest, bound.held, bound.card, again, save) as repeated:
            trainer.fit(bound, out=repeated, listener=listeners, quiet=True)
        figures = _figures(progress.history, trainer.progress.history)
        _check_still(folder, progress)
        moved = [found for file, old in kept.items() for found in _moved(file, old, read_tensors(again / file)[0])]
    return Repetition(
        progress.epoch,
        sum(map(len, kept.values())),
        differing(was, now),
        len(figures),
        figures[0] if figures else None,
        max(moved, key=lambda one: one.relative) if moved else None,
    )


def _check_repeatable(folder: RunFolder, request: Request, progress: Progress, data: str | None) -> None:
    if progress.epoch == 0:
        reason, help = "no epoch of it is done", f"go on with it: `netc train --resume {shell_word(folder.path)}`"
    elif progress.best is None and progress.batch:
        reason = "it stopped within an epoch, and none before was its best"
        help = f"go on with it to the end of the epoch: `netc train --resume {shell_word(folder.path)}`"
    elif request.changes:
        reason = f"it was changed on its way: {change_lines(request)[0]}"
        help = "repeat a run that was trained with one set of settings"
    elif not (data or request.data):
        reason, help = "it was trained on arrays from Python", "give `--data` a file of the same rows"
    else:
        check_texts(folder, request)
        return
    raise DiagnosticError(Diagnostic("E610", f"{folder.path} cannot be repeated: {reason}", help=help))


def _check_still(folder: RunFolder, progress: Progress) -> None:
    """E610 where the run is no more what it was when its repetition began: its files are those of other epochs."""
    if is_at_work(folder.path) or folder.read_last()[2].step != progress.step:
        message = f"{folder.path} went on while it was repeated, and cannot be compared"
        raise DiagnosticError(Diagnostic("E610", message, help="repeat it when its training has ended"))


def _data(folder: RunFolder, request: Request, net: Net, data: str | None) -> BoundData:
    plan = request.plan(net)
    found = open_data(data or request.data)
    bound = bind_data(found, batch_ports(net, plan), card_to_follow(net, plan, request, None, found))
    before = card_in(folder, request)
    if before is not None and (other := other_rows(before, bound.card, f"of {folder.path}")) is not None:
        message, notes = other
        help = "give the rows that it was trained on: `--data`"
        raise DiagnosticError(Diagnostic("E611", message, notes=notes, help=help))
    return bound


def _figures(was: list[Record], now: list[Record]) -> list[Difference]:
    """Every figure that differs, in the order of epochs; how long they took is none."""
    found = []
    for number in range(max(len(was), len(now))):
        old, new = (records[number] if number < len(records) else {} for records in (was, now))
        for name in dict.fromkeys([*old, *new]):
            if name != "seconds" and old.get(name) != new.get(name):
                found.append(Difference(number + 1, name, old.get(name), new.get(name)))
    return found


def _moved(file: str, was: Mapping[str, Array], now: Mapping[str, Array]) -> list[Moved]:
    found = []
    for name in dict.fromkeys([*was, *now]):
        old, new = was.get(name), now.get(name)
        if old is None or new is None or old.shape != new.shape:
            found.append(Moved(file, name, math.inf, math.inf))
        elif old.tobytes() != new.tobytes():
            largest = float(np.abs(old.astype(np.float64) - new.astype(np.float64)).max())
            found.append(Moved(file, name, largest, largest / max(float(np.abs(old).max()), 1e-30)))
    return found
