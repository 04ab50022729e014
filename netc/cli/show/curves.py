"""`netc show curves`: trainings side by side."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.paths import FOLDER, PathTo
from netc.cli.terminal import show


@verb(examples=("netc show curves runs/plain runs/residual -o depth.png",))
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=FOLDER)
@option("-o", "--out", metavar="FILE", default="curves.png", show_default=True, type=PathTo("png", "svg"), group=OUTPUT,
        help="a .png or .svg")  # fmt: skip
def curves(runs: tuple[str, ...], out: str) -> None:
    """Loss and metrics of runs over their epochs, a panel each: training dashed, held-out rows solid."""
    from netc.runtime.inside.view import need_matplotlib
    from netc.runtime.runs.loaded import load_run
    from netc.runtime.show.plot import plot_curves

    if Path(out).suffix.lower() not in (".png", ".svg"):
        raise click.UsageError(f"{out} is no picture\n  = help: end the name with .png or .svg")
    need_matplotlib()

    plot_curves({Path(run).name: list(load_run(Path(run), "cpu").history) for run in runs}, Path(out))
    show(f"{out}: {', '.join(runs)}")
