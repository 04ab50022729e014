"""`netc summary`: layers, shapes, parameters and cost."""

from __future__ import annotations

import click

from netc.cli.options import load_net, net_options
from netc.cli.terminal import put_json


@click.command()
@click.argument("file", metavar="FILE")
@net_options
@click.option(
    "--batch", type=click.IntRange(1), default=None, help="batch size for the memory of a training step; the plan's"
)
@click.option(
    "--depth", type=click.IntRange(0), default=None, metavar="N",
    help="open blocks N levels deep and show what is deeper as one row: 0 the net, 1 its parts; all unless given",
)  # fmt: skip
@click.option(
    "--format", "style", type=click.Choice(["table", "json", "md"]), default="table", show_default=True,
    help="a table, JSON, or a table in Markdown",
)  # fmt: skip
def summary(
    file: str, net: str | None, settings: tuple[str, ...], batch: int | None, depth: int | None, style: str
) -> None:
    """The layers of a network: output shapes, parameters, what each is connected to; totals, FLOPs and memory.

    Shapes are written without the batch. FLOPs are multiply-accumulates of convolutions and products for one example.
    """
    from netc.compiler import summary as summarize

    network = load_net(file, net, settings)
    found = summarize(network, depth=depth)
    if style == "json":
        put_json(found)
        return
    from netc.cli.table import draw_summary

    draw_summary(network, found, batch, markdown=style == "md")
