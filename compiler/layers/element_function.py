"""What activations and other functions of each element alone share: the shape stays, floating-point numbers only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from netc.compiler.ir import Value
from netc.compiler.layers.base import Layer, LayerBuilder, Sample, Wrong, layer, require_floats

AnyFunction = TypeVar("AnyFunction", bound=type["ElementFunction"])


class ElementFunction(Layer):
    """A function of each element alone. It declares `of`, a docstring and `formula`; `function` adds what all share."""

    def build(self, b: LayerBuilder, x: Value) -> Value:
        require_floats(self.word, x)
        return self.of(b, x)

    def of(self, b: LayerBuilder, x: Value) -> Value:
        """Add the nodes and return the output."""
        raise AssertionError("a function of each element declares `of`")


def function(word: str) -> Callable[[AnyFunction], AnyFunction]:
    """Decorator that registers one: `layer`, with samples, and the refusal of integers, where the class has none."""

    def register(definition: AnyFunction) -> AnyFunction:
        if not definition.samples:
            definition.samples = (Sample(word, "8x5"), Sample(word, "float"), Sample(word, "[4, H, W]"))
        call, says = definition.samples[0].call, f"{word} works on floating-point numbers, found int64"
        refused = Wrong(call, "int 12", code="E302", says=says)
        definition.errors = (*definition.errors, refused)
        return layer(word)(definition)

    return register


__all__ = ["Any", "ElementFunction", "LayerBuilder", "Sample", "Value", "Wrong", "function"]
