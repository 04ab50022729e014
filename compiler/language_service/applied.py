"""What the text applies at a place: layers and blocks of elaborated nets, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netc.compiler.applications import Application, Applied, Kind, LayerInstance
from netc.compiler.elaborate.values import Several, Tensor
from netc.compiler.facts.count import Totals, count, receptive_field
from netc.compiler.ir import Size, Value, format_shape, language_shape
from netc.compiler.language_service.workspace import Analysis, Work
from netc.grammar.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Use:
    """One application of what stands at a place, in the work (a net with its arguments) that made it."""

    work: Work
    item: Applied

    @property
    def layers(self) -> list[LayerInstance]:
        """The layers in it, itself if it is one."""
        return [self.item] if isinstance(self.item, LayerInstance) else self.item.layers()

    @property
    def inputs(self) -> tuple[Value, ...]:
        """What it reads that depends on what flows."""
        return self.item.inputs

    @property
    def outputs(self) -> tuple[Value, ...]:
        """What it gives."""
        return self.item.outputs

    def totals(self) -> Totals:
        """What it costs in the network that is used."""
        return count(layer for layer in self.layers if not layer.training_only)


def items(work: Work) -> Iterator[Applied]:
    """Everything that a net applies; of one with a mistake, all up to the mistake."""
    if work.net is not None:
        yield from work.net.tree.walk()
    elif work.frame is not None:
        stack: list[Applied] = list(reversed(work.frame.run.recorder.applied))
        while stack:
            item = stack.pop()
            yield item
            if isinstance(item, Application):
                stack.extend(reversed(item.children))


def uses_at(analysis: Analysis, place: Span) -> list[Use]:
    """The applications of the innermost call at a place, one for each time that it is applied."""
    found: list[Use] = []
    for work in analysis.works:
        for item in items(work):
            called = isinstance(item, LayerInstance) or item.kind in (Kind.BLOCK, Kind.NET, Kind.MERGE, Kind.SCAN)
            if called and item.span.covers(place) and not (isinstance(item, Application) and item.path == ""):
                found.append(Use(work, item))
    if not found:
        return []
    inner = max(
        found,
        key=lambda use: (use.item.span.line, use.item.span.column, -use.item.span.end_line, -use.item.span.end_column),
    )
    same = [use for use in found if use.item.span == inner.item.span]
    blocks = [use for use in same if isinstance(use.item, Application)]
    return blocks or same


def made_by(analysis: Analysis, flow: Span) -> list[Use]:
    """The last application of a flow, in each of its runs."""
    inside = [Use(work, item) for work in analysis.works for item in items(work) if flow.covers(item.span)]
    if not inside:
        return []
    last = max((use.item.span.end_line, use.item.span.end_column) for use in inside)
    return [use for use in inside if (use.item.span.end_line, use.item.span.end_column) == last and use.outputs]


def outputs_of(work: Work) -> dict[str, Value]:
    """The outputs of a net, also where its train sections have mistakes."""
    return {} if work.frame is None else work.frame.run.graph.outputs


def net_layers(work: Work) -> list[LayerInstance]:
    """The layers of a net, or those up to its mistake."""
    if work.net is not None:
        return work.net.layers
    return [] if work.frame is None else work.frame.run.layers


def value_of(analysis: Analysis, definition: Span) -> list[tuple[Work, object]]:
    """What a bind at a place of a part stands for, in each net where that is known by name."""
    found: list[tuple[Work, object]] = []
    for work in analysis.works:
        if work.frame is None:
            continue
        for ref in work.frame.env.names.values():
            if ref.span == definition:
                found.append((work, ref.value))
    return found


def shapes(values: Sequence[Value]) -> str:
    """The shapes of some values, without the batch."""
    return ", ".join(format_shape(language_shape(value)) for value in values)


def shape_of(value: object) -> str:
    """The shape of what a name stands for; "" where it has none."""
    if isinstance(value, Tensor):
        return shapes((value.value,))
    if isinstance(value, Several):
        return "[" + ", ".join(shape_of(item) for item in value) + "]"
    return ""


def written(size: Size) -> str:
    """A count as one reads it: `1,234`, `12.3M`; an open one as the formula that it is."""
    if not isinstance(size, int):
        return str(size)
    for unit, short in ((10**9, "G"), (10**6, "M"), (10**5, "k")):
        if size >= unit:
            return f"{size / min(unit, 10**9 if short == 'G' else unit if short == 'M' else 10**3):.3g}{short}"
    return f"{size:,}"


def field_of(use: Use) -> str:
    """The receptive field of what an application gives, in places of the net's inputs; "" where there is none."""
    if use.work.frame is None or not use.outputs:
        return ""
    field = receptive_field(use.outputs[0], use.work.frame.run.graph.inputs)
    known = [str(size) for size in field]
    return "×".join(known)


def neighbours(use: Use) -> tuple[list[str], list[str]]:
    """The layers (or inputs) that an application reads from, and those that read what it gives."""
    layers = net_layers(use.work)
    own = {id(layer) for layer in use.layers}
    makers = {value: layer for layer in layers for value in layer.outputs}
    before: dict[str, None] = {}
    for value in use.inputs:
        if value in makers:
            before[makers[value].path] = None
        elif value.node is None and use.work.frame is not None and value in use.work.frame.run.graph.inputs:
            before[value.name] = None
    given = set(use.outputs)
    after = dict.fromkeys(
        layer.path for layer in layers if id(layer) not in own and any(value in given for value in layer.inputs)
    )
    after |= dict.fromkeys(f"output {name}" for name, value in outputs_of(use.work).items() if value in given)
    return list(before), list(after)
