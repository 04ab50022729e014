"""`netc compile`: a network, or its training step, as an ONNX model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.memory import check_memory
from netc.cli.options import (
    check_step_options,
    load_net,
    lowering_option,
    memory_option,
    net_options,
    precision_option,
)
from netc.cli.terminal import command, say
from netc.compiler.facts.table import size
from netc.compiler.targets import TARGETS

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler import Manifest, Memory, Net, Options, Precision
    from netc.runtime.data.card import Card

    Array = np.ndarray[Any, Any]


@click.command()
@click.argument("file", metavar="FILE")
@click.option("-o", "--output", required=True, metavar="OUT.onnx", help="the model file to write")
@click.option("--train", is_flag=True, help="one training step instead of the network")
@click.option("--weights", metavar="FILE", help="parameters to put in, a .safetensors file; fresh ones unless given")
@click.option("--batch", type=click.IntRange(1), help="fix the batch size, which stays open unless given")
@click.option(
    "--target",
    type=click.Choice(list(TARGETS)),
    default="std",
    show_default=True,
    help="where it will run; std anywhere",
)
@precision_option
@memory_option
@lowering_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="of fresh parameters")
@net_options
def compile(
    file: str,
    output: str,
    train: bool,
    weights: str | None,
    batch: int | None,
    target: str,
    precision: Precision,
    memory: Memory,
    lowerings: tuple[str, ...],
    seed: int,
    net: str | None,
    settings: tuple[str, ...],
) -> None:
    """Write a network as an ONNX model that any ONNX Runtime can run.

    With --train it is one training step: inputs are the batch, the targets, learning rate, seed, step, parameters and
    optimizer state, outputs the loss, the metrics and the new parameters and state. Parameters and state to start
    from go into a .safetensors file beside it. The metadata `netc.manifest` names all inputs and outputs. --precision
    and --memory are the step's; a network itself is always float32.
    """
    from netc.compiler import Options

    path = Path(output)
    if path.suffix != ".onnx":
        raise click.UsageError(f"the output {output} is no .onnx file\n  = help: use `-o {path.with_suffix('.onnx')}`")
    check_step_options(train, precision, memory)
    network = load_net(file, net, settings)
    check_memory(network, 1)
    given, state = _weights(network, weights, seed)
    options = Options(lowerings=lowerings, precision=precision, memory=memory)
    if train:
        _write_training(network, path, given, state, weights or "", batch, target, options)
    else:
        _write_inference(network, path, given, _card(weights), batch, target, options)


def _weights(network: Net, file: str | None, seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Parameters, and the optimizer's state where a file holds some: one written by --train, or kept after training."""
    from netc.compiler import LOSS_SCALE, fit, initial_weights, read_weights

    if file is None:
        return initial_weights(network, seed), {}
    tensors = read_weights(file)
    slots = {slot for plan in network.plans for step in plan.steps for slot in step.optimizer.slots()}
    names = {f"{item.name}.{slot}" for item in network.parameters if item.trainable for slot in slots} | set(LOSS_SCALE)
    state = {name: tensors.pop(name) for name in sorted(names & tensors.keys())}
    return fit(tensors, {item.name: item.value for item in network.parameters}, network, file=file, exact=True), state


def _card(file: str | None) -> Card | None:
    """What the data meant that the weights were trained on, for whoever reads data for the model."""
    from netc.runtime.runs.run import card_of_weights

    return None if file is None else card_of_weights(file)


def _write_inference(
    network: Net,
    path: Path,
    weights: dict[str, Array],
    card: Card | None,
    batch: int | None,
    target: str,
    options: Options,
) -> None:
    from netc.runtime.runs.export import deployable
    from netc.runtime.sessions.foreign import closed_operator

    model = deployable(network, None, weights, batch=batch, target=target, options=options, card=card)
    _write(path, model, f"net {network.name}, {network.params:,} parameters")
    if closed_operator(model) is None:
        say(f"next: {command('netc', 'predict', path)} INPUT")


def _write_training(
    network: Net,
    path: Path,
    weights: dict[str, Array],
    kept: dict[str, Array],
    file: str,
    batch: int | None,
    target: str,
    options: Options,
) -> None:
    from safetensors.numpy import save

    from netc.compiler import compile_training, initial_state

    artifact = compile_training(network, network.plan(), batch=batch, target=target, options=options)
    state = dict(initial_state(artifact.manifest)) | _kept_state(artifact.manifest, kept, file)
    start = save({**weights, **state})
    what = f"{len(weights)} parameters and {len(state)} tensors of optimizer state to start from"
    _write(path.with_suffix(".safetensors"), start, what)
    _write(path, artifact.model, f"one training step of net {network.name}")
    say("next: feed both to any ONNX Runtime; each output NAME.next is the input NAME of the next step")


def _kept_state(manifest: Manifest, kept: dict[str, Array], file: str) -> dict[str, Array]:
    """The step's state from a file: all of it or none. The loss scale may be new, as the precision may."""
    from netc.compiler import LOSS_SCALE, fit_state

    ports = [port for port in manifest["inputs"] if port["role"] == "state"]
    if not any(port["name"] in kept for port in ports):
        return {}
    wanted = [port for port in ports if port["name"] in kept or port["name"] not in LOSS_SCALE]
    return fit_state(kept, wanted, file=file)


def _write(path: Path, content: bytes, what: str) -> None:
    """A temporary file beside it, then a rename; told on stderr."""
    from netc.runtime.folder.files import write_atomic

    write_atomic(path, content, help="give `-o` a place that can be written")
    say(f"wrote {path} ({size(len(content))}): {what}")
