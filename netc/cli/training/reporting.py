"""What is told of a training: its progress while it runs, and what came of it."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from netc.cli.streams import own
from netc.cli.terminal import command, say, show, use_color
from netc.grammar.counted import counted

if TYPE_CHECKING:
    from netc.compiler import Net
    from netc.runtime.folder.listener import Listener
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.show.progress import PlainProgress
    from netc.runtime.training.trainer import Trainer


def listener_of(trainer: Trainer, folder: RunFolder, profile: bool) -> Listener:
    """What shows the progress of a training, and where `profile` is set, records where its time goes."""
    if not profile:
        return _progress()
    from netc.runtime.measure.profile_run import Profiled

    return Profiled(_progress(), trainer, folder)


def _progress() -> PlainProgress:
    import os

    from netc.runtime.show.progress import LiveProgress, PlainProgress

    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return LiveProgress(own(sys.stderr), color=use_color(sys.stderr)) if live else PlainProgress()


def show_summary(net: Net, batch: int) -> None:
    """The table of layers, on stderr."""
    from netc.cli.table import draw_summary
    from netc.compiler import summary

    with contextlib.redirect_stdout(sys.stderr):
        draw_summary(net, summary(net), batch, markdown=False)


def show_end(folder: RunFolder, trainer: Trainer) -> None:
    """What came of a training, and what to do next, on stderr; the folder on stdout, where that is no terminal."""
    from netc.compiler import single
    from netc.runtime.folder.tested import read_test
    from netc.runtime.show.progress import number

    best: Any = trainer.progress.best
    say()
    if best is not None:
        what = best["metric"].replace("validation_", "held-out ")
        say(f"best         {what} {number(best['value'])} in epoch {best['epoch']}")
    if (tested := read_test(folder)) is not None and (figures := single(tested["metrics"])):
        metrics = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        say(f"test         {metrics} on {counted(tested['examples'], 'row')}, measured once")
    seconds = sum(record["seconds"] for record in trainer.progress.history)
    say(
        f"time         {seconds:.1f} s of training, {counted(trainer.progress.step, 'step')} on "
        f"{trainer.model.device.name}"
    )
    network = f", network {folder.model}" if folder.model.exists() else ""
    say(f"results      {folder.results}, weights {folder.best}{network}")
    if folder.profile_text.exists():
        say(f"profile      {folder.profile_text}")
    if network:
        following = [command("netc", "eval", folder.path)] if trainer.scorer is not None else []
        following.append(command("netc", "predict", folder.path, folder.sample))
        for before, line in zip(("next         ", " " * 13), following, strict=False):
            say(before + line)
    if not sys.stdout.isatty():
        show(str(folder.path))
