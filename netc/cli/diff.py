"""`netc diff`: how one network became another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli.command import NETWORK, OUTPUT, START, option, verb
from netc.cli.failures import FINDINGS
from netc.cli.options import format_option
from netc.cli.paths import WEIGHTS, PathTo
from netc.cli.terminal import put, put_json

if TYPE_CHECKING:
    from netc.compiler.compare.difference import Difference
    from netc.compiler.compare.fitting import Fitting

SIDE = PathTo("net", "onnx")
MOST = 60


@verb(
    examples=(
        "netc diff lenet.net:LeNet5 lenet.net:ModernLeNet5",
        "netc diff main:nets/resnet.net nets/resnet.net --format md",
        "netc diff resnet.net resnet.net --set-before depth=152 --set-after depth=101",
        "netc diff runs/Digits digits.net --weights runs/Digits",
    )
)
@click.argument("before", metavar="BEFORE", type=SIDE)
@click.argument("after", metavar="AFTER", type=SIDE)
@option("--set", "both", multiple=True, metavar="K=V", group=NETWORK, help="an argument of both nets")
@option("--set-before", "old", multiple=True, metavar="K=V", group=NETWORK, help="an argument of the first alone")
@option("--set-after", "new", multiple=True, metavar="K=V", group=NETWORK, help="an argument of the second alone")
@option(
    "--weights", metavar="FILE", type=WEIGHTS, group=START,
    help="also say which weights of this file or run, trained with the first, fit the second",
)  # fmt: skip
@option("--all", "whole", is_flag=True, group=OUTPUT, help=f"a line for every layer that differs, not {MOST} at most")
@format_option("text", "json", "md", help="text, JSON, or Markdown for a pull request")
def diff(
    before: str, after: str, both: tuple[str, ...], old: tuple[str, ...], new: tuple[str, ...], weights: str | None,
    whole: bool, style: str,
) -> int:  # fmt: skip
    """Compare two networks by their structure, and explain to the last parameter how their counts differ.

    Each is a .net file, with `:NAME` one of its nets, an .onnx model, a run folder, or a file as it was in a revision
    of git: `main:nets/resnet.net`, `HEAD~3:resnet.net:ResNet`. Layers are recognised under other names. Exits with 0
    if the networks are the same, with 1 if they differ, in names too.
    """
    from netc.cli.sides import side
    from netc.compiler.compare.difference import Difference

    found = Difference(side(before, (*both, *old)), side(after, (*both, *new)), (before, after))
    fits = _fitting(found, weights)
    _answer(found, fits, style, None if whole else MOST)
    return 0 if found.same else FINDINGS


def _fitting(found: Difference, weights: str | None) -> Fitting | None:
    if weights is None:
        return None
    from netc.compiler.compare.fitting import fitting
    from netc.runtime.folder.initial import read_file

    return fitting(found, {name: tensor.shape for name, tensor in read_file(Path(weights)).tensors.items()})


def _answer(found: Difference, fits: Fitting | None, style: str, most: int | None) -> None:
    from netc.compiler.compare.report import json_of, markdown_of, text_of

    if style == "json":
        put_json(json_of(found) | ({} if fits is None else {"weights": fits.to_json()}))
        return
    put(markdown_of(found, most) if style == "md" else text_of(found, most))
    if fits is not None:
        fence = ["```"] if style == "md" else []
        put("\n".join(["", *fence, *fits.lines(), *fence]) + "\n")
