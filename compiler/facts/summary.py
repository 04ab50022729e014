"""The summary of a network: its layers in execution order, and totals. The JSON of `netc summary --format json`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from netc.compiler.applications import Applied, LayerInstance
from netc.compiler.facts.count import distinct_parameters, fixed, in_adapters, layer_flops, totals
from netc.compiler.facts.table import html_of, text_of
from netc.compiler.ir import Size, Value, language_shape
from netc.compiler.ir.open_sizes import needed_sizes
from netc.grammar.counted import counted
from netc.grammar.diagnostics import Span

if TYPE_CHECKING:
    from netc.compiler.net import Net

Number = int | str


class Summary(dict[str, Any]):
    """What `netc summary --format json` prints, as a dict; `print` shows the table."""

    def __init__(self, net: Net, found: dict[str, Any]) -> None:
        super().__init__(found)
        self._net = net

    def __str__(self) -> str:
        return text_of(self._net, self, None)

    def __repr__(self) -> str:
        layers, parameters = counted(len(self["layers"]), "layer"), counted(self["totals"]["params"], "parameter")
        return f"<summary of {self['net']}: {layers}, {parameters}>"

    def _repr_html_(self) -> str:
        return html_of(self._net, self, None)


def summary(net: Net, batch: int = 1, depth: int | None = None) -> Summary:
    """`{"version": 1, "net", "inputs", "outputs", "layers", "totals"}`, as in docs/cli.md; with a `depth` also `rows`.

    Shapes have no batch axis; sizes that are open are texts. `flops` are multiply-accumulates and `activations`
    numbers, both for `batch` examples. Weights of a shared layer are counted where it is first used. Layers that exist
    in training alone are left out. `sizes` is there where the net cannot take every size that is left open. Rows
    are the layers, but those inside parts at `depth` are one row.
    """
    total = totals(net, batch)
    found = {
        "version": 1,
        "net": net.name,
        "inputs": [_port(value.name, value) for value in net.inputs],
        "outputs": [_port(name, value) for name, value in net.outputs.items()],
        **({"sizes": sizes} if (sizes := needed_sizes(net.inputs)) else {}),
        "layers": list(_layers(net, batch)),
        "totals": {
            "params": total.params,
            "trainable": total.trainable,
            "frozen": total.frozen,
            **({"adapters": adapters} if (adapters := in_adapters(net)) else {}),
            "buffers": total.buffers,
            "flops": number(total.flops),
            "activations": number(total.activations),
        },
    }
    if depth is not None:
        found["rows"] = list(_rows(net, depth, batch))
    return Summary(net, found)


def number(size: Size) -> Number:
    """An int, or the text of a symbolic size."""
    return size if isinstance(size, int) else str(size)


def _shape(value: Value) -> list[Number]:
    return [number(size) for size in language_shape(value)]


def _port(name: str, value: Value) -> dict[str, Any]:
    return {"name": name, "shape": _shape(value), "dtype": str(value.dtype)}


def _place(span: Span) -> dict[str, Any]:
    return {"file": span.file, "line": span.line, "column": span.column}


def _layers(net: Net, batch: int) -> Iterator[dict[str, Any]]:
    ledger = _Ledger(net, batch)
    for layer in net.layers:
        if not layer.training_only:
            yield {
                "name": layer.path,
                "type": layer.word,
                "inputs": ledger.sources([layer]),
                "output_shape": _shape(layer.outputs[0]),
                **ledger.enter(layer.path, [layer]),
                "span": _place(layer.span),
            }


def _rows(net: Net, depth: int, batch: int) -> Iterator[dict[str, Any]]:
    ledger = _Ledger(net, batch)
    for part in net.tree.fold(depth):
        inside = [part] if isinstance(part, LayerInstance) else part.layers()
        layers = [layer for layer in inside if not layer.training_only]
        if not layers:
            continue
        name = part.path or net.name
        yield {
            "name": name,
            "type": part.word if part.path else "net",
            "kind": "layer" if isinstance(part, LayerInstance) else str(part.kind),
            "layers": len(layers),
            "inputs": ledger.sources(layers),
            "output_shapes": [_shape(value) for value in _given(net, part, layers)],
            **ledger.enter(name, layers),
            "span": _place(part.span),
        }


def _given(net: Net, part: Applied, layers: Sequence[LayerInstance]) -> Sequence[Value]:
    """What a part gives; where only inner values of it are used (`cnn.stage4`), those."""
    if part.outputs:
        return part.outputs
    inside = set(map(id, layers))
    read = {value for layer in net.layers if id(layer) not in inside for value in layer.inputs}
    read.update(net.outputs.values())
    made = [value for layer in layers for value in layer.outputs]
    return [value for value in made if value in read] or layers[-1].outputs


class _Ledger:
    """What rows have in common with those before: where the values come from that they read, and shared weights."""

    def __init__(self, net: Net, batch: int) -> None:
        self._batch = batch
        self._fixed = fixed(net)
        self._makers = {value: value.name for value in net.inputs}
        self._outside = {
            inner: outer
            for node in net.graph.all_nodes()
            for body in node.bodies.values()
            for inner, outer in zip(body.inputs, node.inputs, strict=True)
        }
        self._counted: set[int] = set()

    def sources(self, layers: Sequence[LayerInstance]) -> list[str]:
        """The inputs and the rows so far that made what these layers read.

        Operators that belong to no layer, such as those that make floats of bytes, are looked through. Inside a scan a
        state comes from what it starts from, an element from its sequence.
        """
        inside = {value for layer in layers for value in layer.outputs}
        found: dict[str, None] = {}
        for layer in layers:
            waiting = list(reversed(layer.inputs))
            while waiting:
                value = waiting.pop()
                if value in self._makers:
                    found[self._makers[value]] = None
                elif value in self._outside:
                    waiting.append(self._outside[value])
                elif value not in inside and value.node is not None:
                    waiting.extend(reversed(value.node.inputs))
        return list(found)

    def enter(self, name: str, layers: Sequence[LayerInstance]) -> dict[str, Any]:
        """The next row: what it costs, without the weights of rows before it."""
        self._makers.update((value, name) for layer in layers for value in layer.outputs)
        own = [item for item in distinct_parameters(layers) if id(item) not in self._counted]
        self._counted.update(map(id, own))
        return {
            "params": sum(item.count for item in own if not item.buffer),
            "trainable": sum(item.count for item in own if item.trainable and item.value not in self._fixed),
            "buffers": sum(item.count for item in own if item.buffer),
            "flops": number(layer_flops(layers, self._batch)),
        }
