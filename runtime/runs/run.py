"""One training as `netc train` makes it: what was asked for, the folder, the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from netc.compiler import Manifest, Net, TrainPlan, load, parse_setting
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Diagnostic, DiagnosticError
from netc.grammar.opening import read_file
from netc.runtime.data.bind import BoundData
from netc.runtime.data.cards.card import Card
from netc.runtime.data.cards.card_text import input_line, target_line
from netc.runtime.folder.archive import npz
from netc.runtime.folder.creating import create_folder
from netc.runtime.folder.disk import check_disk
from netc.runtime.folder.files import write_atomic
from netc.runtime.folder.initial import read_initial
from netc.runtime.folder.progress import Progress
from netc.runtime.folder.run_folder import RunFolder
from netc.runtime.folder.texts import texts_of
from netc.runtime.runs.export import export
from netc.runtime.runs.request import Request, request_of, stored, write_request
from netc.runtime.sessions.resident import Array

SAMPLE_ROWS = 8


@contextmanager
def open_run(
    request: Request,
    net: Net,
    manifest: Manifest,
    rows: Any,
    card: Card,
    out: Path | None,
    save: Callable[[RunFolder], None],
    go_on: str | None = None,
) -> Iterator[RunFolder]:
    """A new run folder with what the run is and a few of the rows, before the first step; locked until the block ends.

    save   writes the first checkpoint: from then on the run can go on
    go_on  how to go on with a run that is in the folder, where that isn't by the command's option

    Raises DiagnosticError E562 where it cannot be written or the disk is too small, E563, and E569 where a training is
    at work in it.
    """
    folder = create_folder(out, net.name, texts_of(net.file, net.source, net.sources)[1], go_on)
    with folder.lock.held():
        folder.sweep()
        try:
            check_disk(folder.path, net, manifest)
        except DiagnosticError:
            folder.forsake()
            raise
        request.card = card.to_json()

        def fill(folder: RunFolder) -> None:
            write_sample(folder, rows, card)
            save(folder)

        begin(folder, request, net, manifest, fill)
        folder.fresh = True
        yield folder


def begin(folder: RunFolder, request: Request, net: Net, manifest: Manifest, fill: Callable[[RunFolder], None]) -> None:
    """Write what the run is: the manifest, by which a beginning is known, first, and run.json last.

    fill  writes what has to be there before, such as the first checkpoint
    """
    file, texts = texts_of(net.file, net.source, net.sources)
    hashes = {name: sha256(text.encode()).hexdigest() for name, text in texts.items()}
    request = replace(request, file=file, texts=hashes)
    folder.request = stored(folder, request)
    folder.describe(manifest, texts)
    fill(folder)
    write_request(folder, request)


def net_of(folder: RunFolder, request: Request) -> Net:
    """The run's network, from the text in its folder."""
    return load(str(folder.path / request.file), request.net, dict(map(parse_setting, request.settings)))


def read_checkpoint(folder: RunFolder, request: Request, net: Net, card: Card) -> tuple[dict[str, Array], Progress]:
    """Where the run stopped, for a trainer to go on from; raises DiagnosticError E523, E553, E561.

    card  of the data as it is now, which has to be that of the run to the last row
    """
    tensors, about, progress = folder.read_last()
    check_texts(folder, request)
    folder.best_weights.check(progress, net)
    rows = card.parts[0].rows
    if about["rows"] not in (0, rows):  # batches that came from elsewhere were not counted
        message = f"the run trained on {counted(about['rows'], 'row')}, the data now has {rows:,}"
        help = "resume with the data that the run began with"
        raise DiagnosticError(Diagnostic("E561", message, help=help))
    before = card_in(folder, request)
    if before is not None:
        check_same_rows(before, card)
    return tensors, progress


def check_texts(folder: RunFolder, request: Request) -> None:
    """Raise DiagnosticError E561 where a text of the run is not what it was."""
    for name, hashed in request.texts.items():
        path = folder.path / name
        if not path.is_file() or sha256(read_file(path)).hexdigest() != hashed:
            help = "restore the text, or start a new run with `--init` for the weights"
            raise DiagnosticError(Diagnostic("E561", f"{path} was changed after the run", help=help))


def check_same_rows(before: Card, now: Card) -> None:
    """Raise DiagnosticError E523 unless data is what a run began with, to the last row."""
    if (other := other_rows(before, now, "that the run began with")) is not None:
        message, notes = other
        help = "resume with the data as it was, or start a new run with `--init` for the weights"
        raise DiagnosticError(Diagnostic("E523", message, notes=notes, help=help))


def other_rows(before: Card, now: Card, whose: str) -> tuple[str, tuple[str, ...]] | None:
    """In what data is not that of a run, part by part: a message and its notes; None where it is the same.

    whose   rows are compared, as in "of runs/a"

    Batches that come from elsewhere have no parts, then or now: nothing is known of their rows.
    """
    if not before.parts or not now.parts:
        return None
    were, are = (", ".join(part.name for part in card.parts) for card in (before, now))
    if were != are:
        return f"the parts of the data are {are}; those {whose} are {were}", ()
    for was, part in zip(before.parts, now.parts, strict=True):
        if was.fingerprint != part.fingerprint:
            note = f"there were {was.rows:,}, of fingerprint {was.fingerprint}; now it is {part.fingerprint}"
            return f"the {counted(part.rows, 'row')} of part {part.name} are not those {whose}", (note,)
    return None


def export_run(folder: RunFolder, path: Path) -> None:
    """Write the run's network with its best weights so far as a model that stands alone; raises E550 to E553, E568."""
    request = request_of(folder)
    net = net_of(folder, request)
    finish(folder, net, request.plan(net), card_in(folder, request), path)


def finish(folder: RunFolder, net: Net, plan: TrainPlan, card: Card | None, path: Path | None = None) -> None:
    """Write the network with its best weights as model.onnx, or elsewhere."""
    export(path or folder.model, net, plan, read_initial(folder.path, net).weights, card=card)


def write_sample(folder: RunFolder, rows: Any, card: Card) -> None:
    """A few held-out examples as the data holds them, with their targets: something to try `netc predict` on.

    Classes are numbers there, and named.
    """
    indices = np.arange(min(SAMPLE_ROWS, len(rows)))
    names = {} if card.class_names is None else {"class_names": np.array(card.class_names)}
    write_atomic(folder.sample, npz({**rows.stored(indices), **names}))


def card_in(folder: RunFolder, request: Request) -> Card | None:
    """What the run's data meant; raises DiagnosticError E524."""
    return None if request.card is None else Card.from_json(request.card, str(folder.run_json))


def data_lines(bound: BoundData) -> list[str]:
    """What is told about the data before the first epoch."""
    lines = [f"data         {bound.description}; {bound.split_note}"]
    lines += [f"input        {line}" for line in map(input_line, bound.card.inputs)]
    return lines + [f"target       {line}" for line in map(target_line, bound.card.targets)]
