"""A whole text of a lifted network, and its weights under the names that the text gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from netc.compiler.importing.calls import Call
from netc.compiler.importing.findings import damaged
from netc.compiler.importing.lifting import Lifting
from netc.compiler.importing.printing import literal, made_text
from netc.compiler.importing.records import Array
from netc.compiler.importing.rolling import Roller
from netc.compiler.importing.structure import Item, Merge, Repeat, Use, structured
from netc.compiler.importing.writing import Writer, as_name, indented
from netc.compiler.ir import DType, Value, format_shape
from netc.compiler.net import Net


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and its calls with weights in the order in which the text applies them."""

    text: str
    calls: Sequence[Call]
    inputs: dict[str, str]
    outputs: dict[str, str]


def assembled(lifting: Lifting, name: str, classes: Mapping[tuple[str, ...], str]) -> Text:
    """The text of a net; `classes` are those of the model's modules."""
    structure = structured(lifting)
    writer = Writer(structure)
    graph = lifting.graph
    inputs: dict[str, str] = {}
    for value in graph.inputs:
        inputs[value.name] = writer.names[value] = writer.fresh(_input_name(value))
    outputs: dict[str, str] = {}
    for foreign, value in graph.outputs.items():
        if value not in writer.names:
            writer.names[value] = writer.fresh(_output_name(foreign, len(graph.outputs)))
        outputs[foreign] = writer.names[value]
    writer.taken |= {as_name(call.scope[0]) for call in lifting.calls.values() if call.scope}
    roller = Roller(
        structure, set(graph.outputs.values()), name=lambda found: writer.first(block_names(found, classes))
    )
    roller.roll()
    shared = []
    for tie in structure.ties:
        tie.name = writer.first([*(part for part in reversed(tie.call.scope) if not part.isdigit()), "tied"])
        writer.taken.add(tie.name)
        shared.append(f"shared {tie.name} = {made_text(tie.call, writer.names)}")
    entry = graph.inputs[0] if len(graph.inputs) == 1 else None
    blocks = [line for block in reversed(roller.blocks) for line in [*writer.block(block), ""]]
    body = writer.body(structure.items, entry, list(graph.outputs.values()))
    declared = ", ".join(f"{writer.names[value]}: {_shape(value)}" for value in graph.inputs)
    open_sizes = dict.fromkeys(
        str(size) for value in graph.inputs for size in value.shape[1:] if not isinstance(size, int)
    )
    divisor = lifting.lowering.divisor
    assumed = " and ".join(f"{size} % {divisor} == 0" for size in open_sizes)
    lines = [f"input {declared}", *([f"expect {assumed}"] if divisor > 1 else []), "", *shared, *body]
    text = "\n".join([*blocks, f"net {name} {{", *indented(lines), "}", ""])
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return Text(text, [call for item in structure.items for call in item.calls if call.weights], inputs, outputs)


def block_names(occurrences: Sequence[Sequence[Item]], classes: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    """What to call a block: as the model's program calls its class or module, else after what merges in it."""
    first = [call.scope for item in occurrences[0] for call in item.calls if call.weights]
    kind = classes.get(_shared(first), "")
    if kind and kind not in CONTAINERS:
        yield re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    called = {_module(occurrence) for occurrence in occurrences}
    if len(called) == 1:
        yield called.pop()
    words = [item.call.word for item in occurrences[0] if isinstance(item, Merge)]
    for word, name in (("add", "residual"), ("concat", "branches"), ("mul", "gated")):
        if word in words:
            yield name
    yield "stage" if any(isinstance(item, Use | Repeat) for item in occurrences[0]) else "unit"


def _shared(scopes: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The path of the module that all are in."""
    shared = scopes[0] if scopes else ()
    while not all(scope[: len(shared)] == shared for scope in scopes):
        shared = shared[:-1]
    return shared


def _module(occurrence: Sequence[Item]) -> str:
    """The last part of the path of the module that statements are in, without its number."""
    scopes = [call.scope for item in occurrence for call in item.calls if call.weights]
    return next((part.rstrip("0123456789_") for part in reversed(_shared(scopes)) if not part.isdigit()), "")


CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Classes of PyTorch that say nothing of what is in them."""


def _input_name(value: Value) -> str:
    plain = as_name(value.name)
    usual = plain in ("x", "input", "input_1", "data", "data_0", "inputs") or plain.startswith(("onnx_", "x_"))
    if not usual:
        return plain
    if value.dtype is DType.INT64:
        return "words"
    return "image" if value.rank == 4 else "x"


def _output_name(foreign: str, count: int) -> str:
    plain = as_name(foreign)
    return "result" if plain.startswith("x") else plain


def _shape(value: Value) -> str:
    sizes = value.shape[1:]
    kind = "int " if value.dtype is DType.INT64 else ""
    if not sizes:
        return kind.strip() or "float"
    if len(sizes) == 1:
        return f"{kind}[{sizes[0]}]" if not isinstance(sizes[0], int) else f"{kind}{sizes[0]}"
    return f"{kind}{literal(tuple(sizes), extent=True)}"


def named_weights(net: Net, calls: Sequence[Call]) -> dict[str, Array]:
    """The weights under their names in the net: its layers run in the order of the text's calls.

    Raises DiagnosticError E591 for one whose shape doesn't fit its layer, as in a model that contradicts itself.
    """
    weights: dict[str, Array] = {}
    owners = [layer for layer in net.layers if any(item.name not in weights for item in layer.parameters)]
    waiting = iter(calls)
    for owner in owners:
        fresh = [item for item in owner.parameters if item.name not in weights]
        if not fresh:
            continue
        call = next(waiting)
        assert call.word == owner.word, f"{owner.path} is {owner.word}, expected {call.word}"
        for item in fresh:
            leaf = item.name.removeprefix(f"{owner.path if call.tie is None else call.tie.name}.")
            weight = call.weights[leaf]
            array = np.ascontiguousarray(weight.array, dtype=np.float32)
            if array.shape != item.value.shape:
                shown = " and ".join(format_shape(tuple(shape)) for shape in (array.shape, item.value.shape))
                raise damaged(f"`{weight.key}` and what it is for, {item.name}, have different shapes: {shown}")
            weights[item.name] = array
    return weights
