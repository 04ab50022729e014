"""`netc weights`: what is in a weight file, and what a network takes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import OUTPUT, START, option, verb
from netc.cli.options import format_option, load_net, map_option, maps_of, net_options, partial_option
from netc.cli.paths import NET_FILE, WEIGHTS, FileToWrite
from netc.cli.terminal import put_json, say, show
from netc.grammar.counted import counted

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler import Source

    Array = np.ndarray[Any, Any]


@verb(
    examples=(
        "netc weights resnet50.pth",
        "netc weights resnet50.pth resnet.net --map torchvision",
        "netc weights model.keras digits.net --all",
        "netc weights vgg16.ckpt vgg.net --map lpips -o vgg16.safetensors",
    )
)
@click.argument("weights", metavar="FILE", type=WEIGHTS)
@click.argument("file", metavar="[FILE.net]", required=False, type=NET_FILE)
@net_options
@partial_option("take what fits by name and shape, and say what does not")
@map_option("beginnings of names, replaced; may be repeated; then the map of this name beside the net")
@option("--all", "whole", is_flag=True, group=OUTPUT, help="a line for every tensor, also for those that simply fit")
@option(
    "-o", "--output", metavar="OUT.safetensors", type=FileToWrite("safetensors"), group=START,
    help="write what was read, in netc's order of axes; with a net, under its names",
)  # fmt: skip
@format_option("table", "json", help="text, or JSON")
def weights(
    weights: str, file: str | None, net: str | None, settings: tuple[str, ...], partial: bool,
    renamed: tuple[str, ...], whole: bool, output: str | None, style: str,
) -> None:  # fmt: skip
    """The tensors of a weight file; with a network, what it takes of them, what differs, lacks and is left over.

    Reads safetensors, numpy's .npz, .onnx models, PyTorch's .pth and .pt, Keras's .h5 and .keras (with h5py), pickles
    of numpy arrays, and run folders. Nothing in a file is run. Kernels that keep channels last are turned.
    """
    pairs, map = maps_of(renamed)
    if file is None:
        if net or settings or partial or map is not None:
            raise click.UsageError("--net, --set, --partial and --map NAME need a network\n  = help: add FILE.net")
        _show_file(weights, pairs, output, style)
        return
    from netc.runtime.folder.initial import read_initial

    network = load_net(file, net, settings)
    found = read_initial(Path(weights), network, partial=partial, renamed=pairs, map=map)
    if output is not None:
        _write(Path(output), found.weights)
    (report,) = found.reports
    if style == "json":
        put_json(report.to_json())
        return
    for line in report.lines(whole=whole):
        show(line)


def _show_file(path: str, pairs: dict[str, str], output: str | None, style: str) -> None:
    from netc.runtime.folder.initial import read_file

    source = read_file(Path(path)).replaced_beginnings(pairs)
    if output is not None:
        _write(Path(output), source.tensors)
    numbers = sum(tensor.size for tensor in source.tensors.values())
    if style == "json":
        about = {"version": 1, "file": source.file, "entry": source.entry, "numbers": numbers}
        put_json(about | {"tensors": _rows(source)})
        return
    for row in _rows(source):
        shape = "x".join(map(str, row["shape"])) or "a number"
        before = "" if row["theirs"] == row["name"] else f"  {row['theirs']}" + (", turned" if row["turned"] else "")
        show(f"{row['name']:<48} {shape:<16} {row['dtype']}{before}")
    where = f" (its `{source.entry}`)" if source.entry else ""
    show(f"{counted(len(source.tensors), 'tensor')} of {counted(numbers, 'number')} in {source.file}{where}")


def _rows(source: Source) -> list[dict[str, Any]]:
    return [
        {"name": name, "shape": list(tensor.shape), "dtype": str(tensor.dtype), "theirs": source.theirs[name],
         "turned": name in source.turned}
        for name, tensor in source.tensors.items()
    ]  # fmt: skip


def _write(path: Path, tensors: dict[str, Array]) -> None:
    from netc.runtime.folder.files import write_weights

    write_weights(path, tensors, elsewhere="use `-o` for another place")
    say(f"wrote {path}: {counted(len(tensors), 'tensor')}")
