"""`netc compile`: a network, or its training step, as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from netc.cli.options import load_net, net_options
from netc.cli.terminal import say

if TYPE_CHECKING:
    from netc.compiler import Net
    from netc.runtime.session import Array


@click.command()
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="OUT.onnx", help="the model file to write")
@click.option("--train", is_flag=True, help="one training step instead of the network")
@click.option("--weights", metavar="FILE", help="parameters to put in, a .safetensors file; fresh ones unless given")
@click.option("--batch", type=click.IntRange(1), help="fix the batch size, which stays open unless given")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="of fresh parameters")
@net_options
def compile(
    file: str,
    output: str,
    train: bool,
    weights: str | None,
    batch: int | None,
    seed: int,
    net: str | None,
    settings: tuple[str, ...],
) -> None:
    """Write a network as an ONNX model that any ONNX Runtime can run.

    With --train it is one training step: inputs are the batch, the targets, learning rate, seed, step, parameters and
    optimizer state, outputs the loss, the metrics and the new parameters and state. Parameters and state to start
    from go into a .safetensors file beside it. The metadata `netc.manifest` names all inputs and outputs.
    """
    target = Path(output)
    if target.suffix != ".onnx":
        raise click.UsageError(f"the output {output} is no .onnx file\n  = help: use `-o {target.with_suffix('.onnx')}`")
    network = load_net(file, net, settings)
    given = _weights(network, weights, seed)
    if train:
        _write_training(network, target, given, batch)
    else:
        _write_inference(network, target, given, batch)


def _weights(network: Net, file: str | None, seed: int) -> dict[str, Array]:
    from netc.compiler import initial_weights

    if file is None:
        return initial_weights(network, seed)
    from netc.runtime.files import read_weights
    from netc.runtime.weights import check_weights

    found = read_weights(file)
    check_weights(network, found)
    return found


def _write_inference(network: Net, target: Path, weights: dict[str, Array], batch: int | None) -> None:
    from netc.compiler import compile_inference
    from netc.runtime.files import write_atomic

    artifact = compile_inference(network, weights, batch=batch)
    write_atomic(target, artifact.model)
    _told(target, f"net {network.name}, {network.params:,} parameters")
    say(f"next: netc predict {target} INPUT")


def _write_training(network: Net, target: Path, weights: dict[str, Array], batch: int | None) -> None:
    import numpy

    from netc.compiler import compile_training
    from netc.runtime.files import write_atomic, write_weights

    artifact = compile_training(network, network.plan(), batch=batch)
    state = {
        port["name"]: numpy.zeros([int(size) for size in port["shape"]], port["dtype"])
        for port in artifact.manifest["inputs"]
        if port["role"] == "state"
    }
    start = target.with_suffix(".safetensors")
    write_weights(start, {**weights, **state})
    write_atomic(target, artifact.model)
    _told(target, f"one training step of net {network.name}")
    _told(start, f"{len(weights)} parameters and {len(state)} tensors of optimizer state to start from")
    say("next: feed both to any ONNX Runtime; each output `NAME.next` replaces the input NAME in the next step")


def _told(path: Path, what: str) -> None:
    size: float = path.stat().st_size
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    say(f"wrote {path} ({f'{size:.0f}' if unit == 'bytes' else f'{size:.1f}'} {unit}): {what}")
