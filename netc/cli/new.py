"""`netc new`: a folder with a network of the zoo to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli.command import option, verb
from netc.cli.paths import FOLDER, ZOO_NAME
from netc.cli.terminal import command, say, show

if TYPE_CHECKING:
    from netc.compiler.zoo.catalogue import Entry

PLACE = "give a folder that can be written"


@verb(examples=("netc new mine --from resnet50", "netc new mine --from resnet"))
@click.argument("folder", metavar="DIR", type=FOLDER)
@option(
    "--from", "name", metavar="NAME", required=True, type=ZOO_NAME,
    help="a net that `netc zoo` lists, or a family: resnet50, resnet",
)  # fmt: skip
def new(folder: str, name: str) -> None:
    """Make a folder with one network of the zoo in it, as text to change: the settings of the name are the defaults of
    the net, and the maps for weights from elsewhere lie beside it.

    A file that is there already is left as it is, and the command fails.
    """
    from netc.compiler.zoo.begin import texts_of
    from netc.compiler.zoo.catalogue import named
    from netc.runtime.folder.files import make_folder, write_atomic

    entry = named(name)
    if entry is None:
        raise click.UsageError(f"no net of the zoo is called `{name}`\n  = help: {nearest(name)}")
    texts = texts_of(entry, name)
    path = Path(folder)
    there = [file for file in texts if (path / file).exists()]
    if there:
        raise click.UsageError(f"{path / there[0]} is there already\n  = help: give another folder")
    make_folder(path, PLACE)
    for file, text in texts.items():
        write_atomic(path / file, text.encode(), PLACE)
    net = path / f"{name}.net"
    show(str(net))
    for line in _next(entry, net):
        say(line)


def nearest(name: str) -> str:
    """What an unknown name of the zoo may mean."""
    from netc.compiler.zoo.catalogue import catalogue
    from netc.grammar.diagnostics import did_you_mean

    entries = catalogue()
    known = [*(entry.name for entry in entries), *sorted({entry.family for entry in entries})]
    return did_you_mean(name, known) or "`netc zoo` lists them"


def _next(entry: Entry, path: Path) -> list[str]:
    """What to do with the file first."""
    from netc.compiler import load

    chosen = [] if load(str(path)).name == entry.net else ["--net", entry.net]
    lines = ["next  " + command("netc", "summary", path, *chosen)]
    if load(str(path), entry.net).plans:
        lines.append("      " + command("netc", "train", path, *chosen, "--data") + " …")
    return lines
