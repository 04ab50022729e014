"""The summary of a network: its layers in execution order, and totals. The JSON of `netc summary --format json`."""

from __future__ import annotations

from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.facts.count import flops, totals
from netc.compiler.ir import Size, Value, language_shape
from netc.compiler.net import Net

Number = int | str


def summary(net: Net, batch: int = 1) -> dict[str, Any]:
    """`{"version": 1, "net", "inputs", "outputs", "layers", "totals"}`, as in docs/cli.md.

    Shapes have no batch axis; sizes that are open are texts. `flops` are multiply-accumulates and `activations`
    numbers, both for `batch` examples. Weights of a shared layer are counted where it is first used. Layers that exist
    in training alone are left out.
    """
    makers: dict[Value, str] = {value: value.name for value in net.inputs}
    seen: set[int] = set()
    layers = []
    for layer in net.layers:
        if layer.training_only:
            continue
        sources = dict.fromkeys(makers[value] for value in layer.inputs if value in makers)
        makers.update(dict.fromkeys(layer.outputs, layer.path))
        layers.append(_layer(layer, list(sources), seen, batch))
    counted = totals(net, batch)
    return {
        "version": 1,
        "net": net.name,
        "inputs": [_port(value.name, value) for value in net.inputs],
        "outputs": [_port(name, value) for name, value in net.outputs.items()],
        "layers": layers,
        "totals": {
            "params": counted.params,
            "trainable": counted.trainable,
            "frozen": counted.frozen,
            "buffers": counted.buffers,
            "flops": number(counted.flops),
            "activations": number(counted.activations),
        },
    }


def number(size: Size) -> Number:
    """An int, or the text of a symbolic size."""
    return size if isinstance(size, int) else str(size)


def _shape(value: Value) -> list[Number]:
    return [number(size) for size in language_shape(value)]


def _port(name: str, value: Value) -> dict[str, Any]:
    return {"name": name, "shape": _shape(value), "dtype": str(value.dtype)}


def _layer(layer: LayerInstance, sources: list[str], seen: set[int], batch: int) -> dict[str, Any]:
    own = [item for item in layer.parameters if id(item) not in seen]
    seen.update(map(id, own))
    return {
        "name": layer.path,
        "type": layer.word,
        "inputs": sources,
        "output_shape": _shape(layer.outputs[0]),
        "params": sum(item.count for item in own if not item.buffer),
        "trainable": sum(item.count for item in own if item.trainable),
        "buffers": sum(item.count for item in own if item.buffer),
        "flops": number(flops(layer.nodes, batch)),
        "span": {"file": layer.span.file, "line": layer.span.line, "column": layer.span.column},
    }
