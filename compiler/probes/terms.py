"""The terms of probes: how an inner value `[N, …]` is judged. Examples are added up, so that none sees another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from netc.compiler.ir import Builder, Shape, Value
from netc.compiler.losses.maps import gram
from netc.compiler.losses.mean import total

Take = Callable[[str, Shape], Value]
"""Makes an input of the model, float32, of this name and shape."""


@dataclass(frozen=True)
class Term(ABC):
    """One judgement.

    path    of the inner value
    weight  what the term is multiplied by
    """

    path: str
    weight: float = 1.0

    @abstractmethod
    def build(self, g: Builder, x: Value, take: Take) -> Value:
        """The term for each example, added up: a scalar."""


@dataclass(frozen=True)
class Along(Term):
    """sum(x · direction): with a one in one place a class's score or a neuron, with 1 / (H W) in a map a filter's mean.

    It takes `PATH.direction`, `[N, …]` like the value.
    """

    def build(self, g: Builder, x: Value, take: Take) -> Value:
        """sum(x · direction)."""
        return total(g, g.Mul(x, take(f"{self.path}.direction", x.shape)))


@dataclass(frozen=True)
class Energy(Term):
    """The mean square of each example's values: what a layer sees, whatever it is (Mordvintsev et al. 2015)."""

    def build(self, g: Builder, x: Value, take: Take) -> Value:
        """The mean square."""
        return total(g, g.ReduceMean(g.Mul(x, x), axes=_all_but_batch(x), keepdims=False))


@dataclass(frozen=True)
class Likeness(Term):
    """|x - goal|² / |goal|², of an example: how far its content is from another's (Mahendran and Vedaldi 2015,
    arXiv:1412.0035).

    It takes `PATH.goal`, `[N, …]` like the value.
    """

    def build(self, g: Builder, x: Value, take: Take) -> Value:
        """|x - goal|² / |goal|²."""
        goal = take(f"{self.path}.goal", x.shape)
        off = g.Sub(x, goal)
        axes = _all_but_batch(x)
        distance, size = (g.ReduceSum(g.Mul(y, y), axes=axes, keepdims=False) for y in (off, goal))
        return total(g, g.Div(distance, g.Add(size, _SMALL)))


@dataclass(frozen=True)
class Textures(Term):
    """|G - goal|² / |goal|² of the Gram matrices `[C, C]` of a map: how far its style is from another's (Gatys et al.
    2015, arXiv:1508.06576).

    It takes `PATH.texture`, `[N, C, C]`, and gives `texture_of` for making it.
    """

    def build(self, g: Builder, x: Value, take: Take) -> Value:
        """|G - goal|² / |goal|²."""
        ours = gram(g, x)
        goal = take(f"{self.path}.texture", ours.shape)
        off = g.Sub(ours, goal)
        distance, size = (g.ReduceSum(g.Mul(y, y), axes=(1, 2), keepdims=False) for y in (off, goal))
        return total(g, g.Div(distance, g.Add(size, _SMALL)))


_SMALL = 1e-30


def _all_but_batch(x: Value) -> tuple[int, ...]:
    return tuple(range(1, x.rank))
