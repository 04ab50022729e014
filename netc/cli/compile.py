"""`netc compile`: a network, or its training step, as an ONNX model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netc.cli.command import option, verb
from netc.cli.graph_options import GraphWanted, graph_options
from netc.cli.memory import check_memory
from netc.cli.options import SEED
from netc.cli.paths import FileToWrite, PathTo
from netc.cli.terminal import command, say
from netc.grammar.counted import counted, size
from netc.grammar.opening import read_file

if TYPE_CHECKING:
    import numpy as np

    from netc.compiler import Manifest, Net
    from netc.runtime.data.cards.card import Card

    Array = np.ndarray[Any, Any]


PLACE = "give `-o` a place that can be written"


@verb(
    examples=(
        "netc compile digits.net -o digits.onnx",
        "netc compile digits.net -o digits.onnx --weights runs/Digits/best.safetensors",
        "netc compile digits.net -o step.onnx --train --batch 32",
    )
)
@option("-o", "--output", required=True, metavar="OUT.onnx", type=FileToWrite("onnx"), help="the model file to write")
@option(
    "--weights", metavar="FILE", type=PathTo("safetensors"),
    help="parameters to put in, a .safetensors file; fresh ones unless given",
)  # fmt: skip
@option(
    "--map", "names", metavar="NAME",
    help="with --weights: the map beside the net for a file that calls them otherwise, such as torchvision",
)  # fmt: skip
@option(
    "--adapter", metavar="FILE", type=PathTo("safetensors"),
    help="what `adapt` trained, added to the weights: the adapter.safetensors of a run",
)  # fmt: skip
@option("--seed", type=SEED, metavar="N", default=0, show_default=True, help="of fresh parameters")
@graph_options
def compile(
    wanted: GraphWanted, output: str, weights: str | None, names: str | None, adapter: str | None, seed: int
) -> None:
    """Write a network as an ONNX model that any ONNX Runtime can run.

    With --train it is one training step: inputs are the batch, the targets, learning rate, seed, step, parameters and
    optimizer state, outputs the loss, the metrics and the new parameters and state. Parameters and state to start
    from go into a .safetensors file beside it. The metadata `netc.manifest` names all inputs and outputs. --precision
    and --memory are the step's; a network itself is always float32.
    """
    path = Path(output)
    if path.suffix != ".onnx":
        stream = (path.exists() and not path.is_file()) or path.parts[1:2] in (("dev",), ("proc",))
        other = Path(wanted.file).with_suffix(".onnx").name if stream else path.with_suffix(".onnx")
        raise click.UsageError(f"the output {output} is no .onnx file\n  = help: use `-o {other}`")
    if names is not None and weights is None:
        raise click.UsageError("--map belongs to `--weights FILE`")
    network = wanted.load()
    check_memory(network, 1)
    given, state = _weights(network, weights, names, seed)
    if adapter is not None:
        from netc.compiler import add_adapter

        given |= add_adapter(adapter, network, given.__getitem__)
    if wanted.train:
        _write_training(network, path, given, state, weights or "", wanted)
    else:
        _write_inference(network, path, given, _card(weights), wanted)


def _weights(network: Net, file: str | None, names: str | None, seed: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Parameters, and the optimizer's state where a file holds some: one written by --train, or kept after training."""
    from netc.compiler import AVERAGE, LOSS_SCALE, initial_weights, take
    from netc.runtime.folder.initial import read_file, read_initial, read_starts

    if file is not None and names is not None:
        found = read_initial(Path(file), network, map=names)
        _tell(found.lines)
        return _filled(found.weights, network, seed), {}
    if file is None:
        started = read_starts(network, network.plans[0]) if network.plans else None
        _tell(started.lines if started else ())
        return initial_weights(network, seed) | (started.weights if started else {}), {}
    source = read_file(Path(file))
    slots = {slot for plan in network.plans for step in plan.steps for slot in step.optimizer.slots()}
    kept = {f"{item.name}.{slot}" for item in network.parameters if item.trainable for slot in slots} | set(LOSS_SCALE)
    kept |= {f"{AVERAGE}{item.name}" for item in network.parameters}
    state = {name: source.tensors[name] for name in sorted(kept & source.tensors.keys())}
    rest = source.renamed({name: name for name in source.tensors if name not in state})
    rest = replace(rest, whole=not source.file.endswith(".onnx"))  # a checkpoint without its state is weights alone
    weights, report = take(rest, network, {item.name: item.value for item in network.parameters})
    _tell(report.lines())
    return _filled(weights, network, seed), state


def _filled(weights: dict[str, Array], network: Net, seed: int) -> dict[str, Array]:
    """All parameters: what only training has may be missing in a file, and is drawn."""
    from netc.compiler import initial_weight

    return {item.name: weights[item.name] if item.name in weights else initial_weight(item, seed)
            for item in network.parameters}  # fmt: skip


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        say(f"init: {line}")


def _card(file: str | None) -> Card | None:
    """What the data meant that the weights were trained on, for whoever reads data for the model."""
    from netc.runtime.runs.cards import card_of_weights

    return None if file is None else card_of_weights(file)


def _write_inference(
    network: Net, path: Path, weights: dict[str, Array], card: Card | None, wanted: GraphWanted
) -> None:
    from netc.compiler import closed_operator
    from netc.runtime.runs.export import export, too_large

    written = export(
        path, network, None, weights, batch=wanted.batch, target=wanted.target, options=wanted.options(), card=card,
        elsewhere=PLACE,
    )  # fmt: skip
    beside = f", the weights in {path}.data" if too_large(network) else ""
    say(f"wrote {path} ({size(written)}): net {network.name}, {counted(network.params, 'parameter')}{beside}")
    if closed_operator(read_file(path)) is None:
        say(f"next: {command('netc', 'predict', path)} INPUT")


def _write_training(
    network: Net, path: Path, weights: dict[str, Array], kept: dict[str, Array], file: str, wanted: GraphWanted
) -> None:
    from netc.compiler import as_safetensors, compile_training, first_state, sealed_model

    artifact = compile_training(
        network, network.plan(), batch=wanted.batch, target=wanted.target, options=wanted.options()
    )
    state = dict(first_state(artifact.manifest, weights.__getitem__)) | _kept_state(artifact.manifest, kept, file)
    start = as_safetensors({**weights, **state})
    what = f"{counted(len(weights), 'parameter')} and {counted(len(state), 'tensor')} of optimizer state to start from"
    _write(path.with_suffix(".safetensors"), start, what)
    _write(path, [sealed_model(artifact.model)], f"one training step of net {network.name}")
    say("next: feed both to any ONNX Runtime; each output NAME.next is the input NAME of the next step")


def _kept_state(manifest: Manifest, kept: dict[str, Array], file: str) -> dict[str, Array]:
    """The step's state from a file: all of it or none. The loss scale may be new, as the precision may."""
    from netc.compiler import LOSS_SCALE, fit_state

    ports = [port for port in manifest["inputs"] if port["role"] == "state"]
    if not any(port["name"] in kept for port in ports):
        return {}
    wanted = [port for port in ports if port["name"] in kept or port["name"] not in LOSS_SCALE]
    return fit_state(kept, wanted, file=file)


def _write(path: Path, pieces: Sequence[bytes | memoryview], what: str) -> None:
    """A temporary file beside it, then a rename; told on stderr."""
    from netc.runtime.folder.files import write_pieces

    write_pieces(path, pieces, elsewhere=PLACE)
    say(f"wrote {path} ({size(sum(map(len, pieces)))}): {what}")
