"""Which layers and values of a network a look is about."""

from __future__ import annotations

from collections.abc import Sequence

from netc.compiler import LayerInstance, Net, Port, Value
from netc.grammar.diagnostics import Diagnostic, DiagnosticError, did_you_mean
from netc.grammar.given import texts
from netc.grammar.shell import shell_word
from netc.runtime.model import Model


def maps(net: Net) -> list[str]:
    """The paths of layers that make maps `[N, C, H, W]`, in execution order."""
    return [item.path for item in _used(net) if item.path in net.values and net.values[item.path].rank == 4]


def map_layers(net: Net, named: Sequence[str] | None = None) -> list[str]:
    """The paths given, or all convolutions; raises DiagnosticError E593 where there are no maps, E280."""
    if named:
        return [_map(net, path) for path in texts(named, "layers=", 'layers=["conv1"]')]
    convolutions = [item.path for item in _used(net) if item.word == "conv" and item.path in maps(net)]
    return convolutions or _some(maps(net), net, "no layer that makes maps", "look at a convolutional net")


def last_map(net: Net) -> str:
    """The path of the last layer that makes maps of more than one position."""
    large = [path for path in maps(net) if net.values[path].shape[-2:] != (1, 1)]
    return _some(large, net, "no layer that makes maps", "look at a convolutional net")[-1]


def kernels(net: Net) -> list[LayerInstance]:
    """The convolutions, each with weights of its own, in execution order."""
    found: dict[str, LayerInstance] = {}
    for item in _used(net):
        for parameter in item.parameters:
            if item.word == "conv" and parameter.value.rank == 4:
                found.setdefault(parameter.name, item)
    return list(found.values())


def scores(model: Model) -> str:
    """The path of the scores of classes `[N, classes]`; raises DiagnosticError E593 where the net has none."""
    net = model.net
    flat = [path for path, value in net.values.items() if value.rank == 2 and value in net.outputs.values()]
    compared = [path for path in _predictions(model) if path in net.values and net.values[path].rank == 2]
    return _some(
        compared + flat[::-1], net, "no scores of classes", "name the value that holds them: `scores = dense(10)`"
    )[0]


def image_input(model: Model) -> Value:
    """The input that is a picture `[N, C, H, W]` of 1 or 3 channels; raises DiagnosticError E593 without one."""
    for value in model.net.inputs:
        if value.rank == 4 and value.shape[1] in (1, 3):
            return value
    message = f"net `{model.net.name}` has no picture among its inputs"
    raise DiagnosticError(
        Diagnostic("E593", message, help="look at a net whose input has 1 or 3 channels: `3x224x224`")
    )


def sides(value: Value) -> list[int]:
    """The sizes of one example of a value; raises DiagnosticError E593 where the text leaves one open."""
    found = [side for side in value.shape[1:] if isinstance(side, int)]
    if len(found) < len(value.shape) - 1:
        message = f"`{value.name}` is {_shape(value)}: its size is open"
        raise DiagnosticError(Diagnostic("E593", message, help="give the size: `--set`, or `--size` in pixels"))
    return found


def embedding_value(model: Model) -> str:
    """What the last dense layer reads, as a path; raises DiagnosticError E593 where there is none."""
    net = model.net
    names = {value: path for path, value in net.values.items()}
    dense = [item for item in _used(net) if item.word == "dense" and item.inputs[0] in names]
    found = [names[item.inputs[0]] for item in dense]
    return _some(found, net, "no dense layer that reads a value with a path", "name a value: `--layer PATH`")[-1]


def _predictions(model: Model) -> list[str]:
    from netc.compiler import compile_scorer, said

    if not model.net.plans:
        return []
    ports: list[Port] = compile_scorer(model.net).manifest["inputs"]
    return [said(port) for port in ports if port["role"] == "prediction"]


def _used(net: Net) -> list[LayerInstance]:
    return [item for item in net.layers if not item.training_only]


def _map(net: Net, path: str) -> str:
    value = net.values.get(path)
    if value is None:
        known = maps(net)
        help = did_you_mean(path, known) or f"`netc summary {shell_word(net.file)}` lists every path"
        raise DiagnosticError(Diagnostic("E280", f"net `{net.name}` has no value `{path}`", help=help))
    if value.rank != 4:
        message = f"`{path}` of net `{net.name}` is no map: its shape is {_shape(value)}"
        raise DiagnosticError(
            Diagnostic("E593", message, help="name a layer that makes `[C, H, W]`, a convolution for one")
        )
    return path


def _shape(value: Value) -> str:
    return "x".join(map(str, value.shape[1:])) or "one number"


def _some(found: Sequence[str], net: Net, lacking: str, help: str) -> list[str]:
    if not found:
        raise DiagnosticError(Diagnostic("E593", f"net `{net.name}` has {lacking}", help=help))
    return list(found)
