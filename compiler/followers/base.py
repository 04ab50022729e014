"""What a way to follow declares: the weights after a step, from those before and the followed ones."""

from __future__ import annotations

from typing import Any, ClassVar

from netc.compiler.declare.arguments import argument
from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.references import Name
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value

SOURCE: Any = argument(Name(), "the layer, block or net whose weights are followed")
"""The argument that every way declares first: `source: str = SOURCE`."""


class Follower(Declared):
    """Base of every way in which weights follow others, instead of being trained: `follow = ["target": copy("net")]`.

    Followers start equal to what they follow, buffers (batch norm's statistics) too.

    samples  at least two calls, whose steps the tests compare with `formula`
    errors   at least one call that is refused
    """

    source: str
    samples: ClassVar[tuple[Call, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def next(self, g: Builder, old: Value, followed: Value, time: Value) -> Value:
        """The new value. `followed` is after the step, `time` the number of the step from 1, an int64 scalar."""
        raise AssertionError("a follower declares next")

    def formula(self, old: Any, followed: Any, time: int) -> Any:
        """What `next` says, once more, on arrays in float64."""
        raise AssertionError("a follower declares formula")


follower = Registry[Follower]("follower", __package__, samples=2, errors=1, declares=("next", "formula"))
"""Decorator that registers a way to follow: `@follower("word")`; `follower.all()` gives every one by its word."""
