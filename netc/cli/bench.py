"""`netc bench`: how fast a network trains on this machine, and where the time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netc.cli.command import MACHINE, option, verb
from netc.cli.failures import FINDINGS
from netc.cli.options import (
    device_option,
    format_option,
    load_net,
    loss_option,
    lowering_option,
    memory_option,
    net_options,
    precision_option,
    target_option,
    tf32_option,
)
from netc.cli.paths import NET_FILE
from netc.cli.terminal import put, put_json, say
from netc.compiler.targets import TARGETS

if TYPE_CHECKING:
    from netc.compiler import Memory, Net, Precision
    from netc.runtime.devices.device import Device


@verb(examples=("netc bench digits.net", "netc bench digits.net --batch 256 --threads 4 --format json",
      "netc bench digits.net --check"))  # fmt: skip
@click.argument("file", metavar="FILE", type=NET_FILE)
@option("--batch", type=click.IntRange(1), metavar="N", help="examples in a step; the train section's")
@option(
    "--rounds", type=click.IntRange(1), metavar="N", default=5, show_default=True,
    help="how often half a second of steps is timed",
)  # fmt: skip
@option(
    "--torch/--no-torch",
    default=None,
    help="time PyTorch's step of the same net too; unless said, where it is installed",
)
@option("--check", is_flag=True, help="measure answers instead, and hold them to the file's latency budgets")
@net_options
@loss_option
@device_option
@option(
    "--threads", type=click.IntRange(0), metavar="N", default=0, show_default=True, group=MACHINE,
    help="of one operator; 0 is every core",
)  # fmt: skip
@precision_option
@memory_option
@tf32_option
@option("--nhwc", is_flag=True, group=MACHINE, help="CUDA: convolutions channels last, as ONNX Runtime arranges them")
@option(
    "--graphs/--no-graphs",
    default=True,
    group=MACHINE,
    help="CUDA: steps replayed as CUDA graphs; they are unless said",
)
@target_option("auto", *TARGETS, help="how the graph is written; auto is what `netc train` takes")
@lowering_option
@format_option("table", "json", help="tables, or JSON")
def bench(
    file: str,
    net: str | None,
    settings: tuple[str, ...],
    loss: str | None,
    batch: int | None,
    rounds: int,
    threads: int,
    device: str,
    target: str,
    precision: Precision,
    memory: Memory,
    tf32: bool,
    lowerings: tuple[str, ...],
    nhwc: bool,
    graphs: bool,
    torch: bool | None,
    style: str,
    check: bool,
) -> int:
    """Time training steps of a network on synthetic data: examples a second, share of the machine's peak, memory.

    Where PyTorch is installed the same step is timed there too, in rounds that take turns, and a ratio is given:
    below 1 netc is faster.

    A table follows that says where a step's time goes: layer by layer with its line in the text, forward, backward and
    the optimizer's update apart. The weights do not change.

    With `--check` the answers of the network are timed, for each `expect latency(batch=1) <= 5ms` in the file and each
    such budget of the settings that holds for it; exits with 1 if one is missed.
    """
    from netc.compiler import Options, override
    from netc.runtime.devices.device import resolve
    from netc.runtime.measure.against_torch import installed
    from netc.runtime.measure.bench import bench_text, measure
    from netc.runtime.measure.profile_text import profile_text

    network = load_net(file, net, settings, loss)
    if check:
        return _check(network, style, rounds, threads, resolve(device, _told), target)
    plan = override(network.plan(), batch=batch)

    found = measure(
        network,
        plan,
        rounds=rounds,
        threads=threads,
        device=resolve(device, _told, nhwc=nhwc, graphs=graphs, tf32=tf32),
        target=target,
        options=Options(lowerings=lowerings, precision=precision, memory=memory),
        torch=installed() if torch is None else torch,
    )
    if style == "json":
        put_json(found)
    else:
        put(f"{bench_text(found)}\n{profile_text(found['profile'])}")
    return 0


def _told(line: str) -> None:
    say(f"device     {line}")


def _check(net: Net, style: str, rounds: int, threads: int, device: Device, target: str) -> int:
    """Measure what latency budgets speak of; returns the exit code."""
    from netc.compiler.lint.timed import timed
    from netc.runtime.measure.latency import latency

    conditions = timed(net)
    if not conditions:
        help = "write `expect latency(batch=1) <= 5ms` in the net, or a budget in netc.toml"
        raise click.UsageError(f"nothing says how fast `{net.name}` has to be\n  = help: {help}")
    batches = sorted({condition.batch for condition in conditions})
    seconds = {
        batch: latency(net, batch, rounds=rounds, threads=threads, device=device, target=target) for batch in batches
    }
    found = [
        {
            "condition": condition.text,
            "batch": condition.batch,
            "ms": round(1000 * seconds[condition.batch], 4),
            "held": condition.holds(seconds[condition.batch]),
        }
        for condition in conditions
    ]
    if style == "json":
        put_json({"version": 1, "net": net.name, "latency": found})
    else:
        for row in found:
            put(f"{row['condition']}   {row['ms']:.3g} ms   {'held' if row['held'] else 'missed'}\n")
    return 0 if all(row["held"] for row in found) else FINDINGS
