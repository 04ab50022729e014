"""What the layers of a net cost, for rules: counted once a net."""

from __future__ import annotations

from collections.abc import Mapping

from netc.compiler.facts.count import layer_flops
from netc.compiler.ir import Size
from netc.compiler.lint.base import Subject
from netc.compiler.net import Net


def work(subject: Subject, net: Net) -> Mapping[int, Size]:
    """Multiply-accumulates of the layers of the network in use, for an example, by the layer's `id`."""
    return subject.shared(_works)[id(net)]


def whole(works: Mapping[int, Size]) -> int | None:
    """The sum of all, None where a size is open."""
    numbers = [size for size in works.values() if isinstance(size, int)]
    return sum(numbers) if len(numbers) == len(works) else None


def _works(subject: Subject) -> dict[int, dict[int, Size]]:
    return {
        id(net): {id(layer): layer_flops([layer]) for layer in net.layers if not layer.training_only}
        for net in subject.nets
    }
