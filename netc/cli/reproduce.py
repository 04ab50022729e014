"""`netc reproduce`: a run once more, compared to the last bit."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import OUTPUT, TRAINING, option, verb
from netc.cli.failures import FINDINGS
from netc.cli.options import format_option
from netc.cli.paths import DATA, FOLDER
from netc.cli.terminal import put_json, say, show
from netc.grammar.counted import counted

if TYPE_CHECKING:
    from netc.runtime.training.reproduce import Repetition


@verb(examples=("netc reproduce runs/Digits", "netc reproduce runs/Digits --out runs/again --format json"))
@click.argument("run", metavar="RUN", type=FOLDER)
@option(
    "--data",
    metavar="DATA",
    type=DATA,
    group=TRAINING,
    help="the rows that it was trained on; where they were, unless given",
)
@option(
    "--out",
    metavar="DIR",
    type=FOLDER,
    group=OUTPUT,
    help="keep the repeated run in this new folder; it is thrown away unless given",
)
@format_option("table", "json", help="lines, or JSON")
def reproduce(run: str, data: str | None, out: str | None, style: str) -> int:
    """Train a run once more, from its text, data and seed, and compare every figure and every weight.

    On the same machine with the same versions they are equal to the last bit on a CPU; where they are not, it is said
    what differs, in the results and in what the run was made with (lock.json). Exits with 0 where all is equal, else
    with 1.
    """
    from netc.runtime.show.progress import PlainProgress
    from netc.runtime.training.reproduce import reproduce as repeat

    found = repeat(Path(run), out=Path(out) if out else None, data=data, listener=PlainProgress(), say=say)
    if style == "json":
        put_json({"version": 1, "equal": found.equal, **_as_json(found)})
    else:
        for line in _lines(found):
            show(line)
    return 0 if found.equal else FINDINGS


def _as_json(found: Repetition) -> dict[str, Any]:
    conditions = {name: {"was": was, "now": now} for name, (was, now) in found.conditions.items()}
    return {**asdict(found), "conditions": conditions}


def _lines(found: Repetition) -> list[str]:
    compared = f"every figure of {counted(found.epochs, 'epoch')} and {counted(found.tensors, 'tensor')}"
    if found.equal:
        lines = [f"equal        {compared}, to the last bit"]
    else:
        lines = [f"differs      of {compared}:"]
        if (first := found.first) is not None:
            more = f", and {counted(found.figures - 1, 'figure')} after it" if found.figures > 1 else ""
            lines.append(f"figures      epoch {first.epoch}: {first.figure} {first.was} -> {first.now}{more}")
        if (moved := found.moved) is not None:
            share = f"{moved.relative:.1e} of its largest number"
            lines.append(f"weights      `{moved.tensor}` in {moved.file} by up to {moved.largest:.1e}, {share}")
    made = [f"{name} {was} -> {now}" for name, (was, now) in found.conditions.items()]
    if made:
        return [*lines, *(f"made with    {line}" for line in made)]
    return [*lines, "made with    the same versions, processor, threads, text, data and first weights"]
