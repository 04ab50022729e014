"""`netc eval`: loss and metrics of a trained network."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import option, verb
from netc.cli.options import device_option, format_option
from netc.cli.paths import DATA, RUN_OR_MODEL
from netc.cli.terminal import put_json, say, show


@verb(
    examples=(
        "netc eval runs/Digits",
        "netc eval runs/Digits --data test.csv",
        "netc eval digits.onnx --data digits --part all --format json",
    )
)
@click.argument("model", metavar="RUN|FILE.onnx", type=RUN_OR_MODEL)
@option("--data", metavar="SPEC", type=DATA, help="data to measure on; the run's own, unless given")
@option(
    "--part",
    type=click.Choice(["train", "val", "test", "all"]),
    help="of the data; unless given, `test` or `val` where the data names its parts, else all rows",
)
@device_option
@format_option("table", "json", help="lines, or JSON")
def eval(model: str, data: str | None, part: str | None, device: str, style: str) -> None:
    """Loss and metrics on data: on all rows, unless the data names parts; without --data on those the run held out.

    The network is a run folder (its best weights) or an .onnx file that `netc train` or `netc compile` wrote.
    """
    from netc.runtime.data import open_data
    from netc.runtime.devices.device import resolve
    from netc.runtime.folder.run_folder import RunFolder
    from netc.runtime.runs.deployed import Deployed
    from netc.runtime.runs.request import request_of
    from netc.runtime.show.figures import figure_lines

    path = Path(model)
    request = request_of(RunFolder.open(path)) if path.is_dir() else None
    spec = data or (request.data if request else None) or None
    if spec is None and (path.suffix == ".net" or not path.exists()):
        Deployed.open(path)  # says what is wrong with the path
    if spec is None:
        raise click.UsageError("there is no data to measure on\n  = help: add `--data digits`, or the path of your own")
    network = Deployed.open(path, resolve(device))
    rows = open_data(spec, card=network.card)
    if data is None and part is None and network.card is not None and network.card.seeded is not None:
        part = "val"
    measured, bound = network.rows(rows, part)
    if data is None and network.card is not None and network.card.differs(measured, bound):
        say(f"note: {spec} has changed since the training: rows that it learned from may be among those held out now")
    examples, metrics = len(bound), network.measure(bound)
    if style == "json":
        said = {"notes": list(rows.notes), "skipped": dict(rows.skipped)}
        put_json({"version": 1, "part": measured, "examples": examples, "metrics": metrics, **said}, indent=None)
        return
    what = "all rows" if measured == "all" else f"part {measured}"
    say("; ".join([rows.description, *rows.notes, f"measured: {what}"]))
    width = max(len(name) for name in ("examples", *metrics))
    show(f"{'examples':<{width}}  {examples:,}")
    for name, value in metrics.items():
        for line in figure_lines(name, value, width, network.class_names):
            show(line)
