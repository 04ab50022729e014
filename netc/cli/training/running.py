"""A training in its folder: data, model and trainer are made, and what there is to say is said before it runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from netc.cli.memory import check_memory
from netc.cli.terminal import command, say
from netc.cli.training.reporting import listener_of, show_end, show_summary
from netc.grammar.counted import counted

if TYPE_CHECKING:
    from netc.compiler import Net
    from netc.runtime.data import BoundData
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.request import Request
    from netc.runtime.training.trainer import Trainer


def run_training(net: Net, request: Request, resumed: RunFolder | None, out: Path | None, profile: bool) -> int:
    """Train what is requested, in a new folder or in the one of a run that goes on; gives the exit code.

    resumed  the folder of that run, whose lock is held
    out      the new folder; None takes runs/NAME
    profile  write where the time of the first steps goes
    """
    from netc.compiler import batch_ports, check_batch_norm
    from netc.runtime.data import bind_data, open_data
    from netc.runtime.runs import run
    from netc.runtime.runs.cards import card_to_follow
    from netc.runtime.runs.changes import recorded
    from netc.runtime.runs.request import request_of, write_request
    from netc.runtime.training.watching import is_done

    plan = request.plan(net)
    data = open_data(request.data)
    bound = bind_data(data, batch_ports(net, plan), card_to_follow(net, plan, request, resumed, data))
    check_memory(net, 2)  # weights before and after a step
    trainer, heard = _trainer(net, request, resumed=resumed is not None, profile=profile)
    check_batch_norm(net, trainer.plan, min(trainer.plan.batch, len(bound.train)))
    if resumed is None:

        def save(folder: RunFolder) -> None:
            trainer.begin(folder, len(bound.train), bound.card)

        with run.open_run(request, net, trainer.manifest, bound.held, bound.card, out, save) as folder:
            show_summary(replace(net, plans=[plan]), plan.batch)  # only now: what is wrong must not scroll away
            return _train_in(folder, request, trainer, bound, heard, resumed=False, profile=profile)
    trainer.restore(*run.read_checkpoint(resumed, request, net, bound.card))
    before, done = request_of(resumed), is_done(trainer.plan, trainer.progress, trainer.plan.epochs)
    kept, in_vain = recorded(before, request, net, trainer.progress, done=done)
    if not done or kept != before:
        write_request(resumed, kept)
    if in_vain:
        heard.append(f"note         {', '.join(in_vain)}: without effect, as no epoch is left to train")
    request = kept
    return _train_in(resumed, request, trainer, bound, heard, resumed=True, profile=profile)


def _trainer(net: Net, request: Request, *, resumed: bool, profile: bool) -> tuple[Trainer, list[str]]:
    """What trains the net, on the device that is asked for, and what there is to tell of how it was made."""
    from netc.runtime.devices.target import slower_than_it_could
    from netc.runtime.model import Model
    from netc.runtime.training.requested import make_trainer
    from netc.runtime.training.watching import plan_lines

    told: list[str] = []
    threads = int(request.deterministic)
    model = Model(net, request.device, request.seed, say=told.append, tf32=request.tf32, threads=threads)
    report: list[str] = []
    trainer = make_trainer(net, request, model, profile=profile, resumed=resumed, say=report.append)
    heard = [f"device       {line}" for line in told] + [f"init         {line}" for line in report]
    heard += plan_lines(net, request.plan(net))
    if trainer.features is not None:
        heard.append(f"features     {trainer.features.said} of every row, made once")
    if slower := slower_than_it_could(model.device, model.target):
        heard.append(f"note         {slower}")
    return trainer, heard


def _train_in(
    folder: RunFolder,
    request: Request,
    trainer: Trainer,
    bound: BoundData,
    heard: list[str],
    *,
    resumed: bool,
    profile: bool,
) -> int:
    """Train in a folder that is locked, and tell of it; `heard` is what there is to tell so far."""
    from netc.cli.telling import draw
    from netc.runtime.runs import run
    from netc.runtime.runs.changes import change_lines
    from netc.runtime.training.interrupt import Interrupted

    for line in heard:
        say(line)
    for line in run.data_lines(bound):
        say(line)
    if bound.warnings:
        draw(bound.warnings)
    if request.precision != "float32" or request.tf32:
        say(f"precision    {request.precision}" + (", TF32" if request.tf32 else ""))
    for line in change_lines(request):
        say(f"changed      {line}")
    if resumed and _is_finished(trainer, folder, bound):
        return 0
    say(f"run folder   {folder.path}")
    say()
    try:
        trainer.fit(bound, out=folder, listener=listener_of(trainer, folder, profile), quiet=True)
    except Interrupted as stop:
        say(f"interrupted after step {stop.step}; go on with `{command('netc', 'train', '--resume', folder.path)}`")
        return stop.code
    show_end(folder, trainer)
    return 0


def _is_finished(trainer: Trainer, folder: RunFolder, bound: BoundData) -> bool:
    """Whether a run that goes on has no epoch left, which is told; what its end lacks is then made up for."""
    from netc.runtime.runs.final import close_run, is_closed
    from netc.runtime.training.watching import is_done, reason_to_stop

    done, epochs, history = trainer.progress.epoch, trainer.plan.epochs, trainer.progress.history
    if not is_done(trainer.plan, trainer.progress, epochs):
        say(f"resuming     after step {trainer.progress.step}, in epoch {done + 1} of {epochs}")
        return False
    if not is_closed(folder, bound.final):
        model = trainer.model
        card, final, device = bound.card, bound.final, model.device
        for text in close_run(folder, model.net, trainer.plan, card, final, device, history, model.threads):
            say(f"note         {text}")
    if (reason := reason_to_stop(trainer.plan, history)) is not None:
        init = command("netc", "train", "FILE", "--init", folder.path)
        say(f"this run stopped after epoch {done}: {reason}; to train longer start a new one, `{init}`")
    else:
        say(f"all {counted(done, 'epoch')} of this run are done; add `--epochs {done + 5}` to train longer")
    return True
