"""A block that is applied once more, with equal arguments and to a value of the same type and shape: what came of it
before is copied under other names, instead of being worked out again.

A block sees nothing but its parameters, what flows in, and the static values of its file, so the two are the same but
for names. Where anything else had a part in it (a finding, an `expect`, a scan, shared weights, a size that is open, a
tensor among the arguments), or names do (a random source, whose stream is its path's), the block is elaborated as ever.
What is copied, and how, is `copying.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from netc.compiler.applications import Applied
from netc.compiler.elaborate.copying import Pattern
from netc.compiler.elaborate.frame import Elaboration, Frame
from netc.compiler.elaborate.layer_values import BuiltIn
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.stretch import Place, Stretch, UnfitError
from netc.compiler.elaborate.values import Tensor
from netc.compiler.ir import BATCH
from netc.grammar import ast

Key = tuple[Any, ...]
"""All that a block depends on, but for names."""


def run_or_copy(
    frame: Frame, definition: ast.Block, given: Mapping[str, Any], applied: list[Applied], work: Callable[[], Any]
) -> Any:
    """What a block makes of what flows into its frame: what `work` does, or a copy of what that once came to.

    given    the arguments by name, without defaults
    applied  where what is applied in the block is entered
    """
    run = frame.run
    key = _key(frame, definition, given)
    if key is None:
        return work()
    known = run.repeated.get(key)
    if isinstance(known, Stretch):
        known = run.repeated[key] = _pattern_of(run, known)
    if known is None:
        return _remembered(frame, key, applied, work)
    if isinstance(known, Pattern) and run.report.extent.again(known.extent):
        return known.copy(frame, applied)
    return work()


def _pattern_of(run: Elaboration, stretch: Stretch) -> Pattern | UnfitError:
    try:
        return Pattern(run, stretch)
    except UnfitError as why:
        return why


def _remembered(frame: Frame, key: Key, applied: list[Applied], work: Callable[[], Any]) -> Any:
    """Do the work, and remember where in the net it is, if it was nothing but layers."""
    run = frame.run
    state, start, extent = _state(run), Place.now(run), run.report.extent.counts()
    result = work()
    if state == _state(run):
        grown = run.report.extent.counts(extent)
        run.repeated[key] = Stretch(start, Place.now(run), frame.scope, frame.input, applied, result, grown)
    return result


def _state(run: Elaboration) -> tuple[object, ...]:
    """What shows that more took place than layers being applied: findings, expectations, scans, names for nothing."""
    return run.report.told, run.asked, len(run.inside), run.poisoned, id(run.values)


def _key(frame: Frame, definition: ast.Block, given: Mapping[str, Any]) -> Key | None:
    """None where an application is like no other."""
    run, flow, scope = frame.run, frame.input, frame.scope
    if type(flow) is not Tensor or run.absorbed is not None or not scope.is_new:
        return None
    value = flow.value
    shape = value.shape[1:] if value.shape and value.shape[0] is BATCH else value.shape
    for size in shape:
        if type(size) is not int:
            return None
    arguments = []
    for name, argument in given.items():
        static = _static(argument)
        if static is None:
            return None
        arguments.append((name, static))
    around = (id(run.graph), frame.training, frame.nested, run.frozen, *map(id, run.stack))
    return id(definition), around, value.dtype, len(value.shape), shape, tuple(arguments)


def _static(value: Any) -> tuple[Any, ...] | None:
    """An argument as part of a key, with its kind, for 1 == 1.0 == true. None for what is no plain value."""
    kind = type(value)
    if kind in (int, bool, str) or value is None:
        return kind, value
    if kind is float:
        return kind, repr(value)  # 0.0 == -0.0
    if kind is tuple:
        parts = tuple(map(_static, value))
        return None if None in parts else (kind, parts)
    return _layer(value) if kind is BuiltIn or kind is Written else None


def _layer(value: BuiltIn | Written) -> tuple[Any, ...] | None:
    """A layer as an argument: what it is, and where its own arguments stand, for the layers made of it know that."""
    what, bound = (value.word, id(value.definition)), value.bound
    if bound is None:
        return what
    given = _static(tuple(bound.values.values()))
    return None if given is None or bound.tensors else (*what, tuple(bound.values), given, *bound.spans.items())
