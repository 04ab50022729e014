"""What one application of a block added to a net, where it lies, and whether all of it can be copied for another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from netc.compiler.applications import Application, Applied
from netc.compiler.elaborate.extent import Counts
from netc.compiler.elaborate.frame import Elaboration
from netc.compiler.elaborate.layer_values import BuiltIn, LayerValue
from netc.compiler.elaborate.module import Written
from netc.compiler.elaborate.scope import Scope
from netc.compiler.elaborate.values import POISON, Several, Tensor
from netc.compiler.ir import Graph, Value


class Place(NamedTuple):
    """How far a net has grown: its nodes, layers, weights, named values, and results of blocks."""

    graph: Graph
    named: dict[str, Value]
    nodes: int
    layers: int
    weights: int
    values: int
    results: int

    @staticmethod
    def now(run: Elaboration) -> Place:
        """The end of what there is."""
        graph, named = run.graph, run.values
        return Place(graph, named, len(graph.nodes), len(run.layers), len(run.parameters), len(named), len(run.results))


class Stretch(NamedTuple):
    """What a block added between two places, in its scope and of what flowed in.

    applied  the tree of what is applied in it;  extent: what it was written out to
    """

    start: Place
    end: Place
    scope: Scope
    flow: Tensor
    applied: list[Applied]
    result: Any
    extent: Counts

    def below(self, path: str) -> str:
        """What of a path stands behind that of the block; raises UnfitError for one of something else."""
        root = self.scope.path
        if path != root and not path.startswith(f"{root}."):
            raise UnfitError(f"the path {path}")
        return path[len(root) :]


class UnfitError(Exception):
    """Something in a stretch hangs together with what lies outside of it."""


def applications(applied: list[Applied]) -> Iterator[Application]:
    """Every application of a tree, but for its layers."""
    for item in applied:
        if isinstance(item, Application):
            yield item
            yield from applications(item.children)


def check(stretch: Stretch, made: Collection[Value], settings: list[Mapping[str, Any]]) -> None:
    """Raise UnfitError where copies would not be what the block would make again.

    made      the values that copies have: what flows in, and what the block made
    settings  those of its layers, which copies share
    """
    for found in settings:
        if not all(map(_is_plain, found.values())):
            raise UnfitError("a setting that is a value")
    for item in applications(stretch.applied):
        stretch.below(item.path)
        stretch.below(item.weights)
        _check_made(item.outputs, made)
        for argument in item.arguments.values():
            _check_made(argument, made)
    _check_member(stretch, stretch.result, made)
    _check_scope(stretch, stretch.scope, made)


def _is_plain(value: Any) -> bool:
    """Whether a value is the same wherever it stands: numbers, words, lists of them, layers with such arguments."""
    if isinstance(value, LayerValue):
        bound = value.bound
        return isinstance(value, (BuiltIn, Written)) and (
            bound is None or (not bound.tensors and all(map(_is_plain, bound.values.values())))
        )
    if isinstance(value, (tuple, dict)):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return not isinstance(value, (Value, Tensor, Scope)) and value is not POISON


def _check_made(value: Any, made: Collection[Value]) -> None:
    """An argument or outputs of an application: the values among them are copied."""
    if isinstance(value, (tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_made(item, made)
    elif isinstance(value, Value) and value not in made:
        raise UnfitError(f"the value {value.name}")


def _check_member(stretch: Stretch, value: Any, made: Collection[Value]) -> None:
    """What a name stands for that is reached by dots."""
    if isinstance(value, Tensor):
        _check_made(value.value, made)
        if value.scope is not None and value.scope is not stretch.flow.scope:
            _check_scope(stretch, value.scope, made)
    elif isinstance(value, Several):
        for item in value:
            _check_member(stretch, item, made)
        if value.scope is not None:
            _check_scope(stretch, value.scope, made)
    elif isinstance(value, Scope):
        _check_scope(stretch, value, made)
    elif not _is_plain(value):
        raise UnfitError(f"{value}")


def _check_scope(stretch: Stretch, scope: Scope, made: Collection[Value]) -> None:
    stretch.below(scope.path)
    stretch.below(scope.weights)
    if scope.shared or scope.mirror is not None:
        raise UnfitError("shared weights")
    for member in scope.members.values():
        if member is not stretch.result:
            _check_member(stretch, member, made)
