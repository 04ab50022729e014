"""Layers as values: what a word stands for before it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netc.compiler.elaborate.scope import Env, Scope
from netc.compiler.layers.base import Layer
from netc.grammar import ast
from netc.grammar.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Bound:
    """Arguments after evaluation: by name, and the tensors among them (merges)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    tensors: tuple[Any, ...] = ()
    spans: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class LayerValue:
    """A layer that isn't applied. `word` is its kind; `bound` its arguments, None where none were given."""

    word: str
    bound: Bound | None = None

    def __str__(self) -> str:
        return f"the layer `{self.word}`"

    def with_arguments(self, bound: Bound) -> LayerValue:
        """The same layer, with arguments."""
        return replace(self, bound=bound)

    def same_kind(self, other: LayerValue) -> bool:
        """Whether another layer is of this one's kind, whatever the arguments."""
        return self is other

    def given(self, bound: Bound) -> dict[str, Any]:
        """Arguments by name, defaults among them where they are known."""
        return dict(bound.values)


@dataclass(frozen=True, eq=False, slots=True)
class BuiltIn(LayerValue):
    """A layer declared in compiler/layers."""

    definition: type[Layer] = Layer

    def with_arguments(self, bound: Bound) -> BuiltIn:
        """The same layer, with arguments."""
        return BuiltIn(self.word, bound, self.definition)

    @property
    def is_source(self) -> bool:
        """Whether nothing flows into it."""
        return self.definition.inputs == (0, 0)

    def same_kind(self, other: LayerValue) -> bool:
        """Whether another layer is declared as this one is."""
        return isinstance(other, BuiltIn) and self.definition is other.definition

    def given(self, bound: Bound) -> dict[str, Any]:
        """The arguments after defaults."""
        return self.definition(**bound.values).settings()


@dataclass(frozen=True, eq=False, slots=True)
class Chain(LayerValue):
    """`batchnorm -> relu` as a value: layers in a row, with the names that were in sight where it stands."""

    elements: tuple[ast.Expression | ast.Braced, ...] = ()
    env: Env | None = None
    applied: Span | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Shared(LayerValue):
    """A layer whose applications use the same weights, which are called by `weights`."""

    inner: LayerValue | None = None
    weights: Scope | None = None
