"""What a way to adapt weights declares: the numbers that are trained, and what they add to a weight that stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import Builder, Value


@dataclass(frozen=True, slots=True)
class Part:
    """A tensor that is trained in a weight's place.

    bound  it starts uniform within these limits; 0 for zeros
    """

    shape: tuple[int, ...]
    bound: float = 0.0


class Adapter(Declared):
    """Base of every way to adapt weights: `adapt = ["attention*": lora(rank=8)]`.

    A weight is `base + added(parts)`, where the base never moves; it starts equal to the base. Weights of one axis,
    such as biases, stay as they are.

    samples  at least two calls, whose steps the tests compare with `formula`
    errors   at least one call that is refused
    """

    samples: ClassVar[tuple[Call, ...]] = ()
    errors: ClassVar[tuple[Wrong, ...]] = ()

    def parts(self, shape: tuple[int, ...]) -> dict[str, Part]:
        """The tensors that are trained for a weight of this shape, by their leaves."""
        raise AssertionError("an adapter declares parts")

    def added(self, g: Builder, parts: Mapping[str, Value], shape: tuple[int, ...]) -> Value:
        """What the parts add to the base."""
        raise AssertionError("an adapter declares added")

    def slopes(self, g: Builder, slope: Value, parts: Mapping[str, Value]) -> dict[str, Value]:
        """The gradients of the parts, from that of the weight."""
        raise AssertionError("an adapter declares slopes")

    def formula(self, parts: Mapping[str, Any], shape: tuple[int, ...]) -> Any:
        """What `added` says, once more, on arrays or tensors of other frameworks."""
        raise AssertionError("an adapter declares formula")


adapter = Registry[Adapter](
    "adapter", __package__, samples=2, errors=1, declares=("parts", "added", "slopes", "formula")
)
"""Decorator that registers a way to adapt: `@adapter("word")`; `adapter.all()` gives every one by its word."""
