"""Shapes that do not fit: what the net's own sizes say is wrong, before the checker is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.compiler.applications import LayerInstance
from netc.compiler.ir import Value, language_shape
from netc.grammar import ast
from netc.grammar.diagnostics import Span
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

WINDOWS = ("conv", "maxpool", "avgpool")
THROUGH = ("batchnorm", "relu", "dropout", "identity", "gelu", "tanh", "leaky_relu", "hardswish", "silu", "layernorm")
"""What hands on as many channels as it is given, whatever their number."""


def kernels(original: Original) -> Iterator[Mutation]:
    """A kernel of more than twice the map and its padding."""
    sites = []
    for span, instances in original.layers.items():
        for argument in instances[0].argument_spans if instances[0].word in WINDOWS else ():
            place = instances[0].argument_spans[argument]
            if argument == "kernel" and place.file == span.file and isinstance(_pad(instances), int):
                largest = max((size for one in instances for size in _spatial(one)), default=0)
                text = original.said(place)
                if largest and text.replace("x", "").isdigit() and span.covers(place):
                    sites.append((place, 2 * largest + 2 * _pad(instances) + 1))
    for place, size in original.some(sites):
        said = original.said(place)
        new = "x".join(str(size) for _ in said.split("x"))
        yield original.changed("kernel larger than the map", [(place, new)], "E301", "smaller kernel")


def residuals(original: Original) -> Iterator[Mutation]:
    """Twice the channels in one branch of a sum of equal shapes."""
    sites: dict[Span, tuple[Span, set[int]]] = {}
    for net in original.nets:
        makers = {output: one for one in net.layers for output in one.outputs}
        for merge in net.layers:
            if merge.word == "add" and merge.span.file == original.source.file and len(merge.inputs) == 2:
                behind = [_projection(value, makers) for value in merge.inputs]
                for one, other in (behind, behind[::-1]):
                    place = one.argument_spans.get("filters", one.argument_spans.get("units")) if one else None
                    if one is None or place is None or one.span.file != merge.span.file:
                        continue
                    if (other is not None and other.span == one.span) or not one.span.covers(place):
                        continue
                    lines = sites.setdefault(one.span, (place, set()))[1]
                    lines |= {merge.span.line, one.span.line}
    alone = [
        (place, lines) for span, (place, lines) in sites.items() if len(original.layers[span]) == 1
    ]
    for place, lines in original.some(alone):
        said = original.said(place)
        plain = said.replace("_", "").isalnum()
        yield original.changed(
            "unequal residual", [(place, f"2 * {said}" if plain else f"2 * ({said})")], "E301",
            "conv(", "dense(", "project", "channels", lines=lines,
        )  # fmt: skip


def flattens(original: Original) -> Iterator[Mutation]:
    """A `flatten` between a map and a dense layer is left out."""
    for flow in original.some(list(_flows_with_flatten(original))):
        elements, at = flow
        node = elements[at]
        line = original.source.place(original.source.offsets(node.span)[0])[0]
        start, end = original.source.offsets(node.span)
        if at + 1 < len(elements):
            end = original.source.offsets(elements[at + 1].span)[0]
        elif at:
            start = original.source.offsets(elements[at - 1].span)[1]
        reader = _reader(original, node.span)
        if reader is not None and reader.span.file == original.source.file:
            yield original.changed(
                "missing flatten", [((start, end), "")], "E301", "`flatten`", lines=[line, reader.span.line]
            )


def _flows_with_flatten(original: Original) -> Iterator[tuple[tuple[Any, ...], int]]:
    for flow in original.nodes(ast.Flow):
        for at, element in enumerate(flow.elements):
            if isinstance(element, ast.Name) and element.id == "flatten":
                applied = original.layers.get(element.span, [])
                reader = _reader(original, element.span)
                if applied and all(len(_spatial(one)) > 1 for one in applied) and reader is not None and reader.word == "dense":
                    yield flow.elements, at


def _reader(original: Original, span: Span) -> LayerInstance | None:
    made = {output for one in original.layers.get(span, ()) for output in one.outputs}
    return next((one for net in original.nets for one in net.layers if made & set(one.inputs)), None)


def _pad(instances: list[LayerInstance]) -> Any:
    """The padding of a window; None where applications differ."""
    pads = {repr(getattr(one.layer, "pad", 0)): getattr(one.layer, "pad", 0) for one in instances}
    return next(iter(pads.values())) if len(pads) == 1 else None


def _spatial(one: LayerInstance) -> list[int]:
    sizes = language_shape(one.inputs[0])[1:]
    return [size for size in sizes if isinstance(size, int)] if all(isinstance(size, int) for size in sizes) else []


def _projection(value: Value, makers: dict[Value, LayerInstance]) -> LayerInstance | None:
    """The layer that says how many channels a value has."""
    maker = makers.get(value)
    while maker is not None and maker.word in THROUGH and len(maker.inputs) == 1:
        maker = makers.get(maker.inputs[0])
    return maker if maker is not None and maker.word in ("conv", "dense") else None
