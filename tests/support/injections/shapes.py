"""Shapes that do not fit: what the net's own sizes say is wrong, before the checker is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netc.compiler.applications import Application, Kind, LayerInstance
from netc.compiler.ir import Value, language_shape
from netc.compiler.net import Net
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
    """Twice the channels in one branch of a sum of equal shapes, where the other branch is of another line."""
    sites: dict[Span, set[int]] = {}
    for net in original.nets:
        makers = {output: one for one in net.layers for output in one.outputs}
        blocks = {one.outputs[0]: one for one in net.tree.walk()
                  if isinstance(one, Application) and one.kind is Kind.BLOCK and len(one.outputs) == 1}  # fmt: skip
        for merge in net.layers:
            if merge.word != "add" or merge.span.file != original.source.file or len(merge.inputs) != 2:
                continue
            behind = [_projection(value, makers, blocks) for value in merge.inputs]
            for one, other in (behind, behind[::-1]):
                place = _width_of(one)
                if one is None or place is None or (isinstance(one, Application) and not _beside(one, merge, net)):
                    continue  # what a block makes of its own accord may be adapted to by the next one
                if other is None or other.span != one.span:
                    sites.setdefault(place, {one.span.line}).add(merge.span.line)
    for place, lines in original.some([(place, lines) for place, lines in sites.items() if len(lines) <= 2]):
        said = original.said(place)
        new = f"2 * {said}" if said.replace("_", "").isalnum() else f"2 * ({said})"
        yield original.changed(
            "unequal residual", [(place, new)], "E301", "conv(", "dense(", "project", "number of channels",
            "number of features", "must be equal", lines=lines,
        )  # fmt: skip


def _beside(one: Application, merge: LayerInstance, net: Net) -> bool:
    """Whether a block is applied in the braces of a sum."""
    braces = (item for item in net.tree.walk() if isinstance(item, Application) and item.kind is Kind.MERGE)
    return any(item.span.covers(one.span) and merge in item.children for item in braces)


def _width_of(one: LayerInstance | Application | None) -> Span | None:
    """Where the channels or units of a layer are written, or of a block that calls them so, in its own call."""
    if one is None:
        return None
    names = (name for name in ("filters", "units", "features", "width", "channels") if name in one.argument_spans)
    place = next((one.argument_spans[name] for name in names), None)
    return place if place is not None and one.span.covers(place) else None


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
                if (
                    applied
                    and all(len(_spatial(one)) > 1 for one in applied)
                    and reader is not None
                    and reader.word == "dense"
                ):
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


def _projection(
    value: Value, makers: dict[Value, LayerInstance], blocks: dict[Value, Application]
) -> LayerInstance | Application | None:
    """The layer or block that says how many channels a value has."""
    while value not in blocks:
        maker = makers.get(value)
        if maker is None or maker.word not in THROUGH or len(maker.inputs) != 1:
            return maker if maker is not None and maker.word in ("conv", "dense") else None
        value = maker.inputs[0]
    return blocks[value]
