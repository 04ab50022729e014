"""`netc import`: an ONNX model as text, and its weights."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli.command import option, verb
from netc.cli.paths import MODEL, FileToWrite, PathTo
from netc.cli.terminal import command, put, say
from netc.grammar.counted import counted
from netc.grammar.opening import read_text_file

if TYPE_CHECKING:
    from netc.compiler import Imported, Net

PLACE = "give `-o` a place that can be written"


@verb(
    "import",
    examples=(
        "netc import resnet.onnx",
        "netc import resnet.onnx -o resnet.net --weights resnet.safetensors",
        "netc import digits.onnx -o digits.net",
    ),
)
@click.argument("model", metavar="MODEL.onnx", type=MODEL)
@option("-o", "--output", metavar="OUT.net", type=FileToWrite("net"), help="the text to write; shown unless given")
@option(
    "--weights", metavar="OUT", type=PathTo("safetensors"), help="write the model's numbers too, a .safetensors file"
)
@option(
    "--given",
    metavar="NAME=NUMBER",
    multiple=True,
    help="what an input is that is one number (`sr=16000`), or an open size, by its name in the model",
)
def import_(model: str, output: str | None, weights: str | None, given: tuple[str, ...]) -> None:
    """Turn an ONNX model into text: layers, blocks and loops, under the model's own names.

    The text is compiled and both are run on the same random examples; how far their outputs are apart is told. A model
    that netc wrote gives back the text that it was made of, unless it computes something else now. Files that are there
    already are left as they are, and the command fails. What a network here cannot say (control flow on data, texts,
    sequences, quantised operators) is refused with the node's name.
    """
    from netc.compiler import load_model

    _check_outputs(output, weights)
    numbers = _numbers(given)
    net, imported = load_model(model, given=numbers, noted=None if numbers else True)
    apart = _difference(model, net, imported)
    if imported.own is not None and _is_another(apart):
        say(f"note: the text that is noted in {model} is another network's, and its graph is imported instead")
        net, imported = load_model(model, given=numbers, noted=False)
        apart = _difference(model, net, imported)
    for note in imported.notes:
        say(f"note: {note}")
    if output is None:
        put(imported.text)
    _tell(apart)
    used = {} if output is None else _used_beside(Path(output), imported)
    if weights is not None:
        _write_weights(Path(weights), net)
        say(f"wrote {weights}: {counted(len(net.start), 'tensor')}")
    if output is not None:
        _write_text(Path(output), imported, used)
        lines = sum(bool(line.strip()) for line in imported.text.splitlines())
        say(f"wrote {output}: net {net.name}, {counted(lines, 'line')}, {counted(net.params, 'parameter')}")
    _next(model, output, weights, net)


def _numbers(given: tuple[str, ...]) -> dict[str, int | float]:
    numbers: dict[str, int | float] = {}
    for text in given:
        name, _, value = text.partition("=")
        if (name := name.strip()) in numbers:
            raise click.UsageError(f"`--given {name}=…` is there twice\n  = help: leave one of them out")
        numbers[name] = _number(text, value)
    return numbers


def _number(text: str, value: str) -> int | float:
    """The number of a text; a whole one as it is, however many digits it has."""
    for read in (int, float):
        with suppress(ValueError):
            return read(value)
    raise click.UsageError(f"`--given {text}` gives no number\n  = help: write `--given NAME=NUMBER`")


def _check_outputs(output: str | None, weights: str | None) -> None:
    for file, ending in ((output, ".net"), (weights, ".safetensors")):
        if file is None:
            continue
        path = Path(file)
        if path.suffix != ending:
            raise click.UsageError(f"{file} is no {ending} file\n  = help: use `{path.with_suffix(ending)}`")
        if path.exists():
            raise click.UsageError(f"{file} is there already\n  = help: give another name, or remove it")


def _difference(model: str, net: Net, imported: Imported) -> float | str:
    from netc.runtime.measure.imported import difference

    if imported.training:
        return "not compared, for the model normalizes by the batch that it is given"
    if imported.random:
        return "not compared, for the model draws random numbers"
    if imported.narrow:
        return "not compared, for the model computes in 8 bits, within the range of its own data"
    return difference(Path(model), net, imported)


def _is_another(apart: float | str) -> bool:
    from netc.runtime.measure.imported import SAME

    return isinstance(apart, float) and apart > SAME


def _tell(apart: float | str) -> None:
    from netc.runtime.measure.imported import EXAMPLES

    say(
        f"outputs: {apart}"
        if isinstance(apart, str)
        else f"outputs: differ by {apart:.1e} of the largest, on {EXAMPLES} random examples"
    )


def _used_beside(path: Path, imported: Imported) -> dict[Path, str]:
    """The files that the text uses, none of which is the text's own or is there with another text."""
    used = {path.parent / name: text for name, text in (imported.own.used if imported.own is not None else {}).items()}
    for beside, text in used.items():
        if os.path.abspath(beside) == os.path.abspath(path):
            raise click.UsageError(f"{path} is a file that the net uses\n  = help: give `-o` another name")
        if beside.exists() and not _holds(beside, text):
            raise click.UsageError(
                f"{beside}, which the net uses, is there with another text\n  = help: import into an empty folder"
            )
    return used


def _holds(path: Path, text: str) -> bool:
    try:
        return read_text_file(path) == text
    except UnicodeDecodeError:
        return False


def _write_text(path: Path, imported: Imported, used: dict[Path, str]) -> None:
    """The text behind all that it uses."""
    from netc.runtime.folder.files import make_folder, write_atomic

    for beside, text in used.items():
        make_folder(beside.parent, PLACE)
        write_atomic(beside, text.encode(), PLACE)
    write_atomic(path, imported.text.encode(), PLACE)


def _write_weights(path: Path, net: Net) -> None:
    from netc.runtime.folder.files import write_weights

    write_weights(path, net.start, elsewhere=PLACE)


def _next(model: str, output: str | None, weights: str | None, net: Net) -> None:
    if output is None:
        return
    if net.start and weights is None:
        say("the model's numbers were left: add `--weights OUT.safetensors` to keep them")
    say("next: " + command("netc", "summary", Path(output)))
