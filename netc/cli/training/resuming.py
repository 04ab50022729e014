"""`netc train --resume`: a run that goes on, by what it was asked for and what replaces some of it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.terminal import say
from netc.cli.training.running import run_training

if TYPE_CHECKING:
    from netc.runtime.folder.run_folder import RunFolder

BESIDES = ("resume", "data", "profile", "allow_outside")
"""Options that a run which goes on takes, beside those that replace a setting of its plan or say how it is run."""

FIXED = ("freeze",)
"""Of those that replace a setting, what a run keeps."""


def is_given(context: click.Context, name: str) -> bool:
    """Whether an option stands on the command line."""
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def go_on(
    context: click.Context, file: str | None, path: Path, given: dict[str, Any], *, data: str | None, profile: bool,
    **how: Any,
) -> int:  # fmt: skip
    """Train a run further, by what it was asked for and what replaces some of it."""
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.changes import changed
    from netc.runtime.runs.request import request_of
    from netc.runtime.runs.run import net_of

    _check_resume(context, file, {*BESIDES, *given, *how}.difference(FIXED))
    folder = RunFolder(path)
    if not folder.is_restorable():
        folder = RunFolder.open(path)
    with folder.lock.held():  # before anything is read that another training may be writing
        if folder.restore_request():
            say(f"note         {folder.run_json} is written anew, of {folder.checkpoint.name}")
        folder.sweep()
        before = request_of(folder)
        if not (data or before.data):
            message = f"the run in {folder.path} was trained on arrays from Python"
            raise click.UsageError(f"{message}\n  = help: add `--data` with a file of the same rows", context)
        network = net_of(folder, before)
        _check_epochs(context, folder, given.get("epochs"))
        return run_training(network, changed(before, network, given, data=data, **how), folder, None, profile)


def _check_resume(context: click.Context, file: str | None, taken: Collection[str]) -> None:
    """Refuse what a run keeps from its beginning: every option that is not taken."""
    others = [option for option in context.command.params if isinstance(option, click.Option)]
    wrong = [option.opts[0] for option in others if option.name not in taken and is_given(context, str(option.name))]
    if file is not None:
        wrong.insert(0, "FILE")
    if wrong:
        message = f"a run that goes on takes no {' and no '.join(wrong)}"
        raise click.UsageError(f"{message}\n  = help: leave it out, or start a new run", context)


def _check_epochs(context: click.Context, folder: RunFolder, epochs: int | None) -> None:
    """Refuse fewer epochs than the run has begun: it goes on, and nothing of it is taken back."""
    if epochs is None:
        return
    progress = folder.read_last()[2]
    begun = progress.epoch + (progress.batch > 0)
    if epochs < begun:
        message = f"the run in {folder.path} is in epoch {begun}, and --epochs {epochs} would end it before"
        raise click.UsageError(f"{message}\n  = help: give {begun} or more, or start a new run", context)
