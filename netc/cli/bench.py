"""`netc bench`: how fast a network trains on this machine, and where the time goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from netc.cli.options import load_net, lowering_option, memory_option, net_options, precision_option, tf32_option
from netc.cli.terminal import put, put_json, say
from netc.compiler.targets import TARGETS

if TYPE_CHECKING:
    from netc.compiler import Memory, Precision


@click.command()
@click.argument("file", metavar="FILE")
@net_options
@click.option("--batch", type=click.IntRange(1), help="examples in a step; the train section's")
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="how often half a second of steps is timed"
)
@click.option(
    "--threads", type=click.IntRange(0), default=0, show_default=True, help="of one operator; 0 is every core"
)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option(
    "--target", type=click.Choice(["auto", *TARGETS]), default="auto", show_default=True,
    help="how the graph is written; auto is what `netc train` takes",
)  # fmt: skip
@precision_option
@memory_option
@tf32_option
@lowering_option
@click.option("--nhwc", is_flag=True, help="CUDA: convolutions channels last, as ONNX Runtime arranges them")
@click.option("--graphs/--no-graphs", default=True, help="CUDA: steps replayed as CUDA graphs; they are unless said")
@click.option(
    "--torch/--no-torch", default=None, help="time PyTorch's step of the same net too; where PyTorch is installed it is"
)
@click.option(
    "--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="tables, or JSON",
)  # fmt: skip
def bench(
    file: str,
    net: str | None,
    settings: tuple[str, ...],
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
) -> None:
    """Time training steps of a network on synthetic data: examples a second, share of the machine's peak, memory.

    Where PyTorch is installed the same step is timed there too, in rounds that take turns, and a ratio is given:
    below 1 netc is faster.

    A table follows that says where a step's time goes: layer by layer with its line in the text, forward, backward and
    the optimizer's update apart. The weights do not change.
    """
    from netc.compiler import Options, override
    from netc.runtime.devices.device import resolve
    from netc.runtime.measure.against_torch import installed
    from netc.runtime.measure.bench import bench_text, measure
    from netc.runtime.measure.profile_text import profile_text

    network = load_net(file, net, settings)
    plan = override(network.plan(), batch=batch)

    def told(line: str) -> None:
        say(f"device     {line}")

    found = measure(
        network,
        plan,
        rounds=rounds,
        threads=threads,
        device=resolve(device, told, nhwc=nhwc, graphs=graphs, tf32=tf32),
        target=target,
        options=Options(lowerings=lowerings, precision=precision, memory=memory),
        torch=installed() if torch is None else torch,
    )
    if style == "json":
        put_json(found)
    else:
        put(f"{bench_text(found)}\n{profile_text(found['profile'])}")
