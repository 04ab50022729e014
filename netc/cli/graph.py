"""`netc graph`: a network as a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.options import format_option, load_net, net_options
from netc.cli.paths import PathTo
from netc.cli.terminal import put_json, show

if TYPE_CHECKING:
    from netc.compiler.net import Net

PICTURE = "Picture"


@verb(
    examples=(
        "netc graph digits.net",
        "netc graph resnet.net --set depth=152 -o resnet.png",
        "netc graph googlenet.net -o googlenet.html --depth 1",
        "netc graph model.onnx -o model.mmd --heat params",
    )
)
@click.argument("file", metavar="FILE|RUN", type=PathTo("net", "onnx"))
@option("-o", "--out", metavar="FILE", default="graph.svg", show_default=True, group=OUTPUT,
        type=PathTo("svg", "png", "html", "dot", "mmd"),
        help="a .svg, .png, .html that folds and is searched, .dot for Graphviz or .mmd for Mermaid")  # fmt: skip
@option(
    "--depth", type=click.IntRange(0), default=None, metavar="N",
    help="open frames N levels deep and draw what is deeper as one box: 0 the net, 1 its parts; as many as a page has "
    "room for unless given",
)  # fmt: skip
@option(
    "--heat", type=click.Choice(["params", "flops", "memory"]), default=None, group=PICTURE,
    help="colour boxes by their share of the weights, multiply-accumulates or outputs; by kinds of layers unless given",
)  # fmt: skip
@option(
    "--columns", type=click.IntRange(1), default=None, metavar="N", group=PICTURE,
    help="of a .svg or .png: cut a tall net into at most N columns; as many as make letters largest on a page "
    "unless given",
)  # fmt: skip
@option(
    "--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, group=PICTURE,
    help="auto: what shows a .svg or .html chooses, a .png is light",
)  # fmt: skip
@net_options
@format_option("table", "json", help="a line, or JSON")
def graph(
    file: str, net: str | None, settings: tuple[str, ...], out: str, depth: int | None, heat: str | None,
    columns: int | None, theme: str, style: str,
) -> None:  # fmt: skip
    """Draw a network as its text has it: blocks are frames, passes of a loop are drawn once (x23), branches stand side
    by side, skips are arcs.

    Shapes without the batch stand beside wires, weights in boxes. Dashed is frozen, dotted is for training alone. No
    Graphviz and no browser are needed, and nothing is run.
    """
    from netc.compiler.drawing.build import draw
    from netc.compiler.drawing.formats import Look, format_of, save
    from netc.compiler.drawing.model import Frame

    ending = format_of(out)
    if columns is not None and ending not in (".svg", ".png"):
        raise click.UsageError(f"--columns is for .svg and .png; what shows a {ending} lays it out")
    if theme != "auto" and ending in (".dot", ".mmd"):
        raise click.UsageError(f"--theme is for .svg, .png and .html; a {ending} has one set of colours")
    drawing = draw(_network(file, net, settings), depth, heat)
    save(drawing, out, Look(theme, columns))
    seen = list(drawing.shown())
    frames = sum(isinstance(item, Frame) for item in seen)
    if style == "json":
        put_json({"version": 1, "file": out, "title": drawing.title, "depth": drawing.depth,
                  "boxes": len(seen) - frames, "frames": frames})  # fmt: skip
        return
    show(f"{out}: {drawing.title}")


def _network(file: str, net: str | None, settings: tuple[str, ...]) -> Net:
    """The net of a file, or of a run."""
    if not Path(file).is_dir():
        return load_net(file, net, settings)
    if net or settings:
        raise click.UsageError("--net and --set belong to a file; a run has its own")
    from netc.runtime.runs.loaded import load_run

    return load_run(Path(file), "cpu").model.net
