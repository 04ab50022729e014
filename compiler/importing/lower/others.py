"""Operators that nothing here is like, held as the layer `onnx`: it runs them as ONNX defines them."""

from __future__ import annotations

from typing import Any

from netc.compiler.importing.findings import no_words
from netc.compiler.importing.flows import Flow
from netc.compiler.importing.lowering import OTHERS, Lowering, lowers
from netc.compiler.importing.printing import Quoted
from netc.compiler.importing.records import Constant, ForeignNode
from netc.compiler.ir import Graph, Origin, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.layers.base import LayerBuilder, layer
from netc.compiler.ops.onnx_schema import described

WORD = "onnx"
FLATTENED = {"Hardmax": 13}
"""Operators that went along all axes behind one of them, up to a version."""

LONGEST = 64
"""The most numbers that are written into a text for an input."""


@lowers(OTHERS)
def held(g: Lowering, node: ForeignNode) -> list[Flow]:
    """The operator by its name, its attributes and known inputs by theirs, as this version of ONNX has them."""
    try:
        operator = described(node.op)
    except ShapeError as error:
        raise no_words(node) from error
    if g.opset < FLATTENED.get(node.op, 0) or not node.inputs:
        raise no_words(node)
    places = operator.places
    names = [places[min(at, len(places) - 1)].name for at in range(len(node.inputs))]
    sources: list[Value] = []
    arguments: dict[str, Any] = {}
    for at, name in enumerate(names):
        if not g.has(node, at):
            continue
        known = g.at(node, at)
        like = places[min(at, len(places) - 1)].like == places[0].like
        if at and isinstance(known, Constant) and _is_written(known, like):
            arguments[name] = known.array.item() if known.array.ndim == 0 else tuple(known.array.tolist())
        elif at == len(sources):
            sources.append(g.value(node, at))
        else:
            arguments[name] = g.value(node, at)
    for name, value in node.attributes.items():
        if name not in operator.settings and name not in {place.name for place in places}:
            raise no_words(node)
        if name not in operator.settings or value != operator.settings[name].default:
            arguments[name] = _quoted(value)
    count = len([name for name in node.outputs if name])
    if count > operator.fewest:
        arguments["outputs"] = len(node.outputs)
    given = {"op": Quoted(node.op), **arguments}
    made = _built(sources, given)
    values = g.layer(WORD, [*sources, *_tensors(arguments)], [value.shape for value in made], given)
    for result, built in zip(values, made, strict=True):
        result.dtype = built.dtype
    return [Flow.of(result) for result in values]


def _is_written(constant: Constant, like: bool) -> bool:
    """Whether numbers are written into the text, and no weights; `like` says that they are of the data's type."""
    array = constant.array
    weights = like and array.dtype.kind == "f" and array.size > 1
    return not (constant.is_open or weights) and array.ndim <= 1 and array.size <= LONGEST


def _quoted(value: Any) -> Any:
    if isinstance(value, str):
        return Quoted(value)
    return tuple(map(_quoted, value)) if isinstance(value, tuple) else value


def _tensors(arguments: dict[str, Any]) -> list[Value]:
    return [item for item in arguments.values() if isinstance(item, Value)]


def _built(sources: list[Value], given: dict[str, Any]) -> tuple[Value, ...]:
    """What the layer makes of these; raises ShapeError where it refuses them."""

    def none(*_: Any, **__: Any) -> Any:
        raise AssertionError("the layer has no weights and applies none")

    made = layer.all()[WORD](**given).build(LayerBuilder(Graph(""), Origin(), none, none), *sources)
    return made if isinstance(made, tuple) else (made,)
