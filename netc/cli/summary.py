"""`netc summary`: layers, shapes, parameters and cost."""

from __future__ import annotations

import click

from netc.cli.command import option, verb
from netc.cli.options import format_option, load_net, net_options
from netc.cli.paths import NET_FILE
from netc.cli.terminal import put_json


@verb(
    examples=(
        "netc summary digits.net",
        "netc summary resnet.net --depth 1",
        "netc summary digits.net --set width=32 --format md",
    )
)
@click.argument("file", metavar="FILE", type=NET_FILE)
@option(
    "--batch", type=click.IntRange(1), default=None, metavar="N",
    help="batch size for the memory of a training step; the train section's",
)  # fmt: skip
@option(
    "--depth", type=click.IntRange(0), default=None, metavar="N",
    help="open blocks N levels deep and show what is deeper as one row: 0 the net, 1 its parts; all unless given",
)  # fmt: skip
@net_options
@format_option("table", "json", "md", help="a table, JSON, or a table in Markdown")
def summary(
    file: str, net: str | None, settings: tuple[str, ...], batch: int | None, depth: int | None, style: str
) -> None:
    """The layers of a network: output shapes, parameters, what each is connected to; totals, FLOPs and memory.

    Shapes are written without the batch. FLOPs are multiply-accumulates of convolutions and products for one example.
    """
    from netc.compiler import collector, summary as summarize

    with collector.waiting():
        network = load_net(file, net, settings)
        found = summarize(network, depth=depth)
        if style == "json":
            put_json(found)
            return
        from netc.cli.table import draw_summary

        draw_summary(network, found, batch, markdown=style == "md")
