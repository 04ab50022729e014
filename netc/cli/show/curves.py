"""`netc show curves`: trainings side by side."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import verb
from netc.cli.options import format_option
from netc.cli.paths import FOLDER
from netc.cli.show.looking import out_option, put_view


@verb(examples=("netc show curves runs/plain runs/residual -o depth.png",))
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=FOLDER)
@out_option
@format_option("table", "json", help="lines, or JSON")
def curves(runs: tuple[str, ...], out: str | None, style: str) -> None:
    """Loss and metrics of runs over their epochs, a panel each: training dashed, held-out rows solid."""
    from netc.runtime import inside
    from netc.runtime.runs.loaded import load_run

    short = {run: Path(run).name for run in runs}
    names = short if len(set(short.values())) == len(short) else dict.fromkeys(runs)
    put_view(
        "curves", inside.curves({names[run] or run: load_run(Path(run), "cpu").history for run in short}), out, style
    )
