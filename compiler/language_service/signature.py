"""The call around a place, with its arguments, and which of them the place is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netc.compiler.language_service.around import Open, around
from netc.compiler.language_service.callables import Callable, Parameter, still_to_give
from netc.compiler.language_service.hover import called
from netc.compiler.language_service.workspace import Analysis
from netc.compiler.layers.of_weights import SPECS


@dataclass(frozen=True, slots=True)
class Signature:
    """A call: its text, the parts of the text that are arguments, what they are for, the active one (None: none)."""

    label: str
    parameters: tuple[tuple[str, str], ...]
    active: int | None
    documentation: str


def signature(analysis: Analysis, line: int, column: int) -> Signature | None:
    """The innermost call around a place."""
    place = around(analysis, line, column)
    if place is None or place.comment:
        return None
    item = called(analysis, place)
    if item is None:
        return None
    call = next(each for each in reversed(place.open) if each.kind == "LPAR" and each.callee)
    shown = [each for each in item.parameters if each.name not in SPECS or each.name == call.argument]
    label = f"{item.word}({', '.join(each.shown for each in shown)})"
    return Signature(
        label,
        tuple((each.shown, each.says) for each in shown),
        _active(item, shown, call),
        _first(item),
    )


def _active(item: Callable, shown: Sequence[Parameter], call: Open) -> int | None:
    if call.argument is None and item.spread:
        return 0
    here = still_to_give(item, call.before, call.behind)[0]
    name = call.argument or (here.name if here is not None else None)
    return next((at for at, each in enumerate(shown) if each.name == name), None)


def _first(item: Callable) -> str:
    return item.documentation.split("\n\n")[0]
