"""Files, blocks and nets that use themselves, and labels outside of their classes."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.ir import Value, language_shape
from netc.grammar import ast
from tests.support.injections.mutation import Mutation
from tests.support.injections.original import Original

OTHER = "injected_other.net"


def cycles(original: Original) -> Iterator[Mutation]:
    """The file uses another one, which uses this file."""
    named = [item for item in original.tree.items if isinstance(item, (ast.Block, ast.Net))]
    for item in original.some(named)[:1]:
        other = f'use "{original.path.name}" ({item.name})\n\nblock injected {{ {item.name} }}\n'
        head = f'use "{OTHER}" (injected)\n'
        yield original.changed("cyclic use", [((0, 0), head)], "E212", "third file", lines=[1], beside={OTHER: other})


def recursion(original: Original) -> Iterator[Mutation]:
    """A block applies itself, on a line of its own at its start."""
    applied = {one.path for net in original.nets for one in net.layers}
    assert applied
    blocks = [item for item in original.tree.items if isinstance(item, ast.Block)]
    for block in original.some(blocks):
        given = ", ".join(parameter.name for parameter in block.parameters)
        start = original.source.offsets(block.body.span)[0] + 1
        line = original.source.place(start)[0] + 1
        call = f"{block.name}({given})" if given else block.name
        yield original.changed("recursion", [((start, start), f"\n  {call}\n")], "E215", "`repeat`", lines=[line])


def labels(original: Original) -> Iterator[Mutation]:
    """A label that is the number of classes, where the last class is one less."""
    for train in (item for item in original.tree.items if isinstance(item, ast.Train)):
        net = next((net for net in original.nets if net.name == train.net), None)
        if net is None:
            continue
        for call in original.nodes(ast.Call):
            word = call.function.id if isinstance(call.function, ast.Name) else ""
            given = [argument.value for argument in call.arguments if argument.name is None]
            if word != "cross_entropy" or len(given) < 2 or not train.span.covers(call.span):
                continue
            prediction, target = given[:2]
            value = net.values.get(prediction.id) if isinstance(prediction, ast.Name) else None
            classes = _classes(value) if value is not None else None
            if classes is not None and isinstance(target, ast.Name):
                yield original.changed("label range", [(target.span, str(classes))], "E301 E413", f"{classes - 1:,}")


def _classes(value: Value) -> int | None:
    """How many classes a prediction tells apart: the channels of a map, the last axis of a list of rows."""
    shape = language_shape(value)
    size = shape[-1 if len(shape) == 2 else 0]
    return size if isinstance(size, int) else None
