"""`netc train`: from text and data to a run folder."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import MACHINE, OUTPUT, START, TRAINING, option, verb
from netc.cli.memory import check_memory
from netc.cli.options import (
    device_option,
    load_net,
    loss_option,
    map_option,
    maps_of,
    memory_option,
    net_options,
    partial_option,
    plan_options,
    precision_option,
    tf32_option,
)
from netc.cli.paths import FOLDER, NET_FILE, WEIGHTS
from netc.cli.streams import own
from netc.cli.terminal import command, say, show, use_color
from netc.grammar.counted import counted

if TYPE_CHECKING:
    from netc.compiler import Memory, Net, Precision
    from netc.runtime.data import BoundData
    from netc.runtime.folder.listener import Listener
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.request import Request
    from netc.runtime.show.progress import PlainProgress
    from netc.runtime.training.trainer import Trainer

FIXED = ("net", "settings", "freeze", "seed", "out", "init", "partial", "renamed", "precision", "tf32",
         "cache_features", "deterministic")  # fmt: skip
"""Options that a run keeps; those that replace settings of the plan may change when it goes on."""

SHOWN = {"settings": "set", "renamed": "map", "cache_features": "cache-features"}
"""Options whose names are other words in the code."""


@verb(
    examples=(
        "netc train digits.net",
        "netc train digits.net --data photos:size=64 --epochs 30 --out runs/photos",
        "netc train digits.net --init runs/Digits --lr 1e-4",
        "netc train --resume runs/Digits --epochs 50",
    )
)
@click.argument("file", metavar="(FILE | --resume DIR)", required=False, type=NET_FILE)
@option("--out", metavar="DIR", type=FOLDER, help="the run folder; runs/NAME unless given")
@option("--resume", metavar="DIR", type=FOLDER, help="go on with the run in this folder")
@plan_options
@option(
    "--seed", type=click.IntRange(0, 2**31 - 1), metavar="N", default=0, show_default=True, group=TRAINING,
    help="of weights, order, dropout",
)  # fmt: skip
@option(
    "--cache-features", is_flag=True, group=TRAINING,
    help="run the frozen front of the net once for each row, and train the rest on what it gave",
)  # fmt: skip
@option(
    "--deterministic", is_flag=True, group=MACHINE,
    help="the same bits whatever the number of cores: sums are added in one order, by one thread",
)  # fmt: skip
@option(
    "--skip-bad-steps", type=click.IntRange(0), metavar="N", default=0, show_default=True, group=TRAINING,
    help="leave out as many steps with NaN or infinity before one ends the training",
)  # fmt: skip
@net_options
@loss_option
@option(
    "--init", metavar="FILE|RUN", type=WEIGHTS, group=START,
    help="take them from a weight file (safetensors, .npz, .pth, .h5, .keras, .onnx) or a run folder",
)  # fmt: skip
@partial_option("with --init: take what fits by name and shape, and say what does not")
@map_option(
    "with --init: beginnings of names, replaced; may be repeated; then the map of this name beside the net, such as "
    "torchvision"
)
@device_option
@precision_option
@tf32_option
@memory_option
@option(
    "--profile", is_flag=True, group=OUTPUT,
    help="write where the time of the first steps goes: profile.txt, profile.json",
)  # fmt: skip
@click.pass_context
def train(
    context: click.Context,
    /,
    file: str | None,
    net: str | None,
    settings: tuple[str, ...],
    loss: str | None,
    device: str,
    precision: Precision,
    tf32: bool,
    memory: Memory,
    seed: int,
    out: str | None,
    resume: str | None,
    init: str | None,
    partial: bool,
    renamed: tuple[str, ...],
    profile: bool,
    cache_features: bool,
    skip_bad_steps: int,
    deterministic: bool,
    **replaced: Any,
) -> int:
    """Train a network and leave a run folder: best weights, checkpoint, results, and the network as model.onnx.

    Ctrl-C finishes the step, writes a checkpoint and exits with 130, SIGTERM so with 143 and SIGHUP with 129;
    `--resume DIR` goes on from there, bit for bit on a CPU. A loss that is NaN or infinite ends the run with 6; the
    best weights so far stay.
    """
    given = {name: value for name, value in replaced.items() if value not in (None, ())}
    data = given.pop("data", None)
    if resume is not None:
        again: dict[str, Any] = {"device": device if _given(context, "device") else None}
        again["memory"] = memory if _given(context, "memory") else None
        again["skip_bad_steps"] = skip_bad_steps if _given(context, "skip_bad_steps") else None
        return _go_on(context, file, Path(resume), given, data=data, profile=profile, **again)
    if file is None:
        raise click.UsageError(
            "a .net file is missing\n  = help: use `netc train FILE`, or `netc train --resume DIR`", context
        )
    starts = _starts(context, init, partial, renamed)
    network = load_net(file, net, settings, loss)
    spec = data or network.plan().data
    if spec is None:
        raise click.UsageError(
            "there is no data to train on\n  = help: add `--data digits`, or the path of your own", context
        )
    from netc.runtime.runs.request import Request

    how = {"precision": precision, "tf32": tf32, "memory": memory, "cache_features": cache_features, **starts}
    how |= {"skip_bad_steps": skip_bad_steps, "deterministic": deterministic}
    request = Request(file, network.name, list(settings), given, spec, seed, device, init, **how)
    return _train(network, request, None, Path(out) if out else None, profile)


def _go_on(
    context: click.Context, file: str | None, path: Path, given: dict[str, Any], *, data: str | None, profile: bool,
    **how: Any,
) -> int:  # fmt: skip
    """Train a run further, by what it was asked for and what replaces some of it."""
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.changes import changed
    from netc.runtime.runs.request import request_of
    from netc.runtime.runs.run import net_of

    _check_resume(context, file)
    folder = RunFolder.open(path)
    with folder.lock.held():  # before anything is read that another training may be writing
        folder.sweep()
        before = request_of(folder)
        if not (data or before.data):
            message = f"the run in {folder.path} was trained on arrays from Python"
            raise click.UsageError(f"{message}\n  = help: add `--data` with a file of the same rows", context)
        network = net_of(folder, before)
        _check_epochs(context, folder, given.get("epochs"))
        return _train(network, changed(before, network, given, data=data, **how), folder, None, profile)


def _starts(context: click.Context, init: str | None, partial: bool, renamed: tuple[str, ...]) -> dict[str, Any]:
    """How the weights of `--init` are taken."""
    if (partial or renamed) and init is None:
        raise click.UsageError("--partial and --map belong to `--init FILE`", context)
    pairs, map = maps_of(renamed)
    return {"init_partial": partial, "init_map": pairs, "init_names": map}


def _given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _check_resume(context: click.Context, file: str | None) -> None:
    wrong = [f"--{SHOWN.get(name, name)}" for name in FIXED if _given(context, name)]
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


def _train(net: Net, request: Request, resumed: RunFolder | None, out: Path | None, profile: bool) -> int:
    from netc.compiler import batch_ports, check_batch_norm
    from netc.runtime.data import bind_data, open_data
    from netc.runtime.devices.target import slower_than_it_could
    from netc.runtime.model import Model
    from netc.runtime.runs import run
    from netc.runtime.runs.cards import card_to_follow
    from netc.runtime.runs.changes import record
    from netc.runtime.runs.request import request_of, write_request
    from netc.runtime.training.requested import make_trainer
    from netc.runtime.training.watching import plan_lines

    plan = request.plan(net)
    data = open_data(request.data)
    bound = bind_data(data, batch_ports(net, plan), card_to_follow(net, plan, request, resumed, data))
    check_memory(net, 2)  # weights before and after a step
    told: list[str] = []
    model = Model(
        net, request.device, request.seed, say=told.append, tf32=request.tf32, threads=int(request.deterministic)
    )
    report: list[str] = []
    trainer = make_trainer(net, request, model, profile=profile, resumed=resumed is not None, say=report.append)
    heard = [f"device       {line}" for line in told] + [f"init         {line}" for line in report]
    heard += plan_lines(net, plan)
    if trainer.features is not None:
        heard.append(f"features     {trainer.features.said} of every row, made once")
    if slower := slower_than_it_could(model.device, model.target):
        heard.append(f"note         {slower}")
    check_batch_norm(net, trainer.plan, min(trainer.plan.batch, len(bound.train)))
    if resumed is None:

        def save(folder: RunFolder) -> None:
            trainer.begin(folder, len(bound.train), bound.card)

        with run.open_run(request, net, trainer.manifest, bound.held, bound.card, out, save) as folder:
            _show_summary(replace(net, plans=[plan]), plan.batch)  # only now: what is wrong must not scroll away
            return _train_in(folder, request, trainer, bound, heard, resumed=False, profile=profile)
    trainer.restore(*run.read_checkpoint(resumed, request, bound.card))
    record(request_of(resumed), request, net, trainer.progress)
    write_request(resumed, request)
    return _train_in(resumed, request, trainer, bound, heard, resumed=True, profile=profile)


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
    if resumed:
        if _is_finished(trainer, folder, bound):
            return 0
        folder.model.unlink(missing_ok=True)
    say(f"run folder   {folder.path}")
    say()
    try:
        trainer.fit(bound, out=folder, listener=_listener(trainer, folder, profile), quiet=True)
    except Interrupted as stop:
        say(f"interrupted after step {stop.step}; go on with `{command('netc', 'train', '--resume', folder.path)}`")
        return stop.code
    _show_end(folder, trainer)
    return 0


def _is_finished(trainer: Trainer, folder: RunFolder, bound: BoundData) -> bool:
    done, epochs = trainer.progress.epoch, trainer.plan.epochs
    if done < epochs:
        say(f"resuming     after step {trainer.progress.step}, in epoch {done + 1} of {epochs}")
        return False
    from netc.runtime.runs.final import close_run, is_closed

    if not is_closed(folder, bound.final):
        model, history = trainer.model, trainer.progress.history
        close_run(folder, model.net, trainer.plan, bound.card, bound.final, model.device, history, model.threads)
    say(f"all {counted(done, 'epoch')} of this run are done; add `--epochs {done + 5}` to train longer")
    return True


def _listener(trainer: Trainer, folder: RunFolder, profile: bool) -> Listener:
    if not profile:
        return _progress()
    from netc.runtime.measure.profile_run import Profiled

    return Profiled(_progress(), trainer, folder)


def _progress() -> PlainProgress:
    import os

    from netc.runtime.show.progress import LiveProgress, PlainProgress

    live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return LiveProgress(own(sys.stderr), color=use_color(sys.stderr)) if live else PlainProgress()


def _show_summary(net: Net, batch: int) -> None:
    from netc.cli.table import draw_summary
    from netc.compiler import summary

    with contextlib.redirect_stdout(sys.stderr):
        draw_summary(net, summary(net), batch, markdown=False)


def _show_end(folder: RunFolder, trainer: Trainer) -> None:
    from netc.compiler import single
    from netc.runtime.show.progress import number

    best: Any = trainer.progress.best
    say()
    if best is not None:
        what = best["metric"].replace("validation_", "held-out ")
        say(f"best         {what} {number(best['value'])} in epoch {best['epoch']}")
    if (tested := folder.read_test()) is not None:
        metrics = ", ".join(f"{name} {value:.4f}" for name, value in single(tested["metrics"]).items())
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
