"""What may stand in the parentheses of a call."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.language_service.around import Around, Open
from netc.compiler.language_service.callables import Callable, Parameter, layer_called, still_to_give
from netc.compiler.language_service.completion.item import Item
from netc.compiler.language_service.hover import called
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.layers.of_weights import SPECS


def arguments(analysis: Analysis, place: Around, call: Open) -> Iterator[Item]:
    """In parentheses: the arguments that are not given yet, or the words of the one that the place is in."""
    item = called(analysis, place)
    if call.head == "TRAIN" and call.kind == "LPAR" and len(call.callee) == 1:
        item = layer_called(analysis.module, call.callee[0].text)
    if item is None:
        return
    parameter_here = _parameter(item, place, call)
    if call.argument is None and not place.line:
        if parameter_here is not None:
            yield from _words(parameter_here, 1)
        for parameter in still_to_give(item, call.before, call.behind)[1]:
            if not parameter.values:
                rank = 2 if parameter.name not in SPECS else 7
                yield Item(f"{parameter.name}=", "argument", parameter.default or "required", parameter.says, rank=rank)
    elif parameter_here is not None:
        yield from _words(parameter_here, 0)


def takes_static_value(analysis: Analysis, place: Around, call: Open) -> bool:
    """Whether what stands at a place is an argument that is neither a layer nor a value of the net.

    The arguments of blocks and nets say nothing of what they take.
    """
    item = called(analysis, place)
    if item is None or item.kind in ("block", "net"):
        return False
    found = _parameter(item, place, call)
    return found is not None and not found.layer and not found.values


def _parameter(item: Callable, place: Around, call: Open) -> Parameter | None:
    """The argument that a place is in: by its name, or where nothing is written yet by those before it."""
    if call.argument is not None or place.line:
        return next((each for each in item.parameters if each.name == call.argument), None)
    return still_to_give(item, call.before, call.behind)[0]


def _words(parameter: Parameter, rank: int) -> Iterator[Item]:
    for word in parameter.words:
        yield Item(word, "word", f"`{parameter.name}` of its own", rank=rank)
