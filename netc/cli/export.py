"""`netc export`: a trained network for others, in their formats."""

from __future__ import annotations

from pathlib import Path

import click

from netc.cli.command import option, verb
from netc.cli.paths import DATA, FOLDER, PathTo
from netc.cli.terminal import command, say
from netc.grammar.counted import size

FORMATS = ("onnx", "safetensors", "hub", "pytorch", "keras")
FILES = {"onnx": ".onnx", "safetensors": ".safetensors"}


@verb(
    examples=(
        "netc export runs/Digits --to onnx",
        "netc export runs/Digits --to onnx --precision int8",
        "netc export runs/Digits --to pytorch -o digits_torch",
    )
)
@click.argument("run", metavar="RUN", type=FOLDER)
@option("--to", "form", required=True, type=click.Choice(FORMATS), help="what to write")
@option(
    "-o", "--output", metavar="FILE|DIR", type=PathTo("*"),
    help="the file, or the folder that is made; the net's name with --to behind it, unless given",
)  # fmt: skip
@option(
    "--precision", type=click.Choice(["float32", "float16", "int8"]), default="float32", show_default=True,
    help="of --to onnx: float16 halves the file, int8 quarters it, calibrated on rows of the run's data",
)  # fmt: skip
@option(
    "--data", metavar="SPEC", type=DATA,
    help="with float16 and int8: data to calibrate and to measure on; the run's own, unless given",
)  # fmt: skip
def export(run: str, form: str, output: str | None, precision: str, data: str | None) -> None:
    """Write a trained network, with its best weights, in a format of others.

    onnx: one file with classes, data card, preprocessing and provenance in its metadata. safetensors: the weights.
    hub: a folder with README.md, config.json, both of them and the text. pytorch, keras: a folder with the network
    as source code that a person can read, and its weights.

    With --precision float16 or int8, figures, the time of an example and the size before and after are printed.
    """
    from netc.runtime.runs.exports.formats import write
    from netc.runtime.runs.loaded import load_run

    if form != "onnx" and (precision != "float32" or data is not None):
        raise click.UsageError("--precision and --data belong to `--to onnx`")
    if data is not None and precision == "float32":
        raise click.UsageError("--data belongs to `--precision float16` and `--precision int8`")
    found = load_run(Path(run), "cpu")
    path = Path(output or _default(found.net.name, form, precision))
    if form in FILES and path.suffix != FILES[form]:
        ending = FILES[form]
        raise click.UsageError(f"the output {path} is no {ending} file\n  = help: use `-o {path.with_suffix(ending)}`")
    written = write(found, form, path, precision, data, say)
    say(f"wrote {path} ({size(written)}): net {found.net.name} with its best weights")
    if form == "onnx":
        say(f"next: {command('netc', 'predict', path)} INPUT")


def _default(net: str, form: str, precision: str) -> str:
    if form in FILES:
        return f"{net}{'' if precision == 'float32' else f'-{precision}'}{FILES[form]}"
    return f"{net}-{form}"
