"""`netc report RUN`: a training as one page."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import OUTPUT, option, verb
from netc.cli.options import device_option
from netc.cli.paths import FOLDER, FileToWrite
from netc.cli.terminal import show


@verb(examples=("netc report runs/Digits", "netc report runs/Digits -o digits.html"))
@click.argument("run", metavar="RUN", type=FOLDER)
@option("-o", "--out", metavar="FILE", default="report.html", show_default=True, type=FileToWrite("html"), group=OUTPUT,
        help="the page, a .html")  # fmt: skip
@device_option
def report(run: str, out: str, device: str) -> None:
    """Write what was trained and what came of it as one page of HTML that needs no other file.

    Text, settings, data, figures, curves, layers, filters and weights; confusion, the worst errors, heat maps and
    activations of the rows that were held out.
    """
    from netc.runtime.runs.loaded import load_run
    from netc.runtime.runs.report import report as write

    if Path(out).suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"{out} is no page\n  = help: end the name with .html")
    write(load_run(Path(run), device), out)
    show(out)
