"""`netc train`: from text and data to a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import MACHINE, OUTPUT, START, TRAINING, option, verb
from netc.cli.options import (
    SEED,
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
from netc.cli.training.resuming import go_on, is_given
from netc.cli.training.running import run_training

if TYPE_CHECKING:
    from netc.compiler import Memory, Precision


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
    "--seed", type=SEED, metavar="N", default=0, show_default=True, group=TRAINING,
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
        new = {"device": device, "memory": memory, "skip_bad_steps": skip_bad_steps}
        again = {name: value if is_given(context, name) else None for name, value in new.items()}
        return go_on(context, file, Path(resume), given, data=data, profile=profile, **again)
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
    return run_training(network, request, None, Path(out) if out else None, profile)


def _starts(context: click.Context, init: str | None, partial: bool, renamed: tuple[str, ...]) -> dict[str, Any]:
    """How the weights of `--init` are taken."""
    if (partial or renamed) and init is None:
        raise click.UsageError("--partial and --map belong to `--init FILE`", context)
    pairs, map = maps_of(renamed)
    return {"init_partial": partial, "init_map": pairs, "init_names": map}
