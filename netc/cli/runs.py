"""`netc runs`: trainings and their best figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.options import format_option
from netc.cli.paths import FOLDER
from netc.cli.terminal import put_json, say

if TYPE_CHECKING:
    from netc.runtime.runs.listing import RunEntry

SORTS = ("when", "run", "net", "status", "epochs", "best", "loss", "params", "time")
HEADS = ("run", "net", "when", "epochs", "status", "best", "held out", "test", "params", "time")
TO_THE_RIGHT = ("epochs", "best", "params", "time")


@verb(examples=("netc runs", "netc runs experiments/ --sort best", "netc runs --format json"))
@click.argument("folder", metavar="[DIR]", required=False, type=FOLDER)
@option(
    "--sort", type=click.Choice(SORTS), default="when", show_default=True, group=OUTPUT,
    help="when: the newest first; best: by the metric that picks the best epoch, the best first",
)  # fmt: skip
@format_option("table", "json")
def runs(folder: str | None, sort: str, style: str) -> None:
    """Runs in a folder, `runs` unless given: epochs, status, and the figures of their best epochs.

    A run is finished, stopped (`netc train --resume` goes on with it), diverged (NaN or infinity ended it), running, or
    damaged, with the reason.
    """
    from netc.runtime.runs.listing import runs_in

    path = Path(folder or "runs")
    if folder is not None and not path.is_dir():
        raise click.UsageError(f"there is no folder {folder}\n  = help: give the folder that holds the runs")
    found = sorted(runs_in(path), key=_key(sort))
    if style == "json":
        put_json({"version": 1, "runs": [_as_json(entry) for entry in found]})
        return
    if not found:
        say(f"there is no run in {path}; `netc train` makes one")
        return
    damaged = [entry for entry in found if entry.status == "damaged"]
    whole = [entry for entry in found if entry.status != "damaged"]
    for line in _table([HEADS, *map(_row, whole)] if whole else []):
        click.echo(line)
    for entry in damaged:
        click.echo(f"{entry.path}  damaged: {entry.reason}")


# ------------------------------------------------------------ the order
def _key(sort: str) -> Callable[[RunEntry], Any]:
    """Damaged runs come last, and equal ones by path."""
    figure: Callable[[RunEntry], Any] = {
        "when": lambda entry: -entry.changed,
        "run": lambda entry: 0,
        "net": lambda entry: entry.net,
        "status": lambda entry: entry.status,
        "epochs": lambda entry: -entry.done,
        "best": _best_first,
        "loss": lambda entry: entry.metrics.get("loss", float("inf")),
        "params": lambda entry: entry.params,
        "time": lambda entry: entry.seconds,
    }[sort]
    return lambda entry: (entry.status == "damaged", 0 if entry.status == "damaged" else figure(entry), entry.path)


def _best_first(entry: RunEntry) -> tuple[str, float]:
    """Figures of one metric can be compared; runs with another one stand together. Without any: last."""
    from netc.compiler.metrics.base import metric

    if entry.watched is None:
        return chr(0x10FFFF), 0.0
    word = entry.words.get(entry.watched)
    sign = -1 if word is not None and metric.all()[word].higher_is_better else 1
    return entry.watched, sign * entry.metrics[entry.watched]


# ------------------------------------------------------------ how they look
def _as_json(entry: RunEntry) -> dict[str, Any]:
    best = None
    if entry.best_epoch is not None:
        part = "val" if entry.held_out else "train"
        best = {"epoch": entry.best_epoch, "by": entry.watched, "part": part, "metrics": entry.metrics}
    return {
        "run": str(entry.path),
        "net": entry.net,
        "when": datetime.fromtimestamp(entry.changed, UTC).isoformat(timespec="seconds"),
        "status": entry.status,
        "reason": entry.reason,
        "epochs": {"done": entry.done, "planned": entry.planned},
        "best": best,
        "test": entry.test,
        "params": entry.params,
        "seconds": None if entry.seconds is None else round(entry.seconds, 3),
    }


def _row(entry: RunEntry) -> tuple[str, ...]:
    from netc.runtime.show.progress import numbers
    from netc.runtime.show.time_left import duration

    watched = entry.watched or ""
    figures = {name: entry.metrics[name] for name in sorted(entry.metrics, key=lambda name: name != watched)}
    shown = numbers(figures) if entry.held_out or not figures else f"(training) {numbers(figures)}"
    return (
        str(entry.path),
        str(entry.net),
        datetime.fromtimestamp(entry.changed).strftime("%Y-%m-%d %H:%M"),
        f"{entry.done}/{entry.planned}",
        entry.status,
        "" if entry.best_epoch is None else str(entry.best_epoch),
        shown,
        "" if entry.test is None else numbers(entry.test),
        f"{entry.params:,}",
        duration(entry.seconds or 0.0),
    )


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns side by side; those that are empty throughout are left out."""
    kept = [at for at in range(len(HEADS)) if any(row[at] for row in rows[1:])]
    widths = {at: max(len(row[at]) for row in rows) for at in kept}
    lines = []
    for row in rows:
        cells = [row[at].rjust(widths[at]) if HEADS[at] in TO_THE_RIGHT else row[at].ljust(widths[at]) for at in kept]
        lines.append("  ".join(cells).rstrip())
    return lines
