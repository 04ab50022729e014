"""What an initializer declares: the numbers that a parameter holds before training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from netc.compiler.declare.declared import Declared, Registry
from netc.compiler.declare.initial import Stream

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PIECE = 1 << 20
"""How many numbers are drawn at once. The order of a stream's bits depends on it, and with it every network's start."""


class Fans(NamedTuple):
    """How many inputs an output of a layer sums over (`fan_in`), and how many outputs an input goes to (`fan_out`)."""

    fan_in: int
    fan_out: int


def fans(shape: tuple[int, ...], layout: str) -> Fans:
    """The fans of a weight; `layout` says which axes are outputs (`O`), inputs (`I`), places (`P`), else a kernel's.

    A weight of several places holds one matrix, or kernel, for each of them, which don't add up.

    A vector, such as a bias, has 1 and 1. With groups the inputs are those of one group, as PyTorch counts them.
    """
    if len(shape) < 2:
        return Fans(1, 1)
    outputs, inputs = layout.index("O"), layout.index("I")
    apart = (outputs, inputs, *(axis for axis, letter in enumerate(layout) if letter == "P"))
    kernel = math.prod(size for axis, size in enumerate(shape) if axis not in apart)
    return Fans(shape[inputs] * kernel, shape[outputs] * kernel)


class Initializer(Declared):
    """Base of every initializer.

    samples  at least one `Drawn`: a shape, and how the numbers in it lie
    formula  `formula(torch, tensor)` fills a PyTorch tensor with numbers of the same distribution, in PyTorch's layout
    """

    def values(self, count: int, fans: Fans, stream: Stream) -> Array | float:
        """The next `count` numbers of the tensor in C order, or the one that all of them are."""
        raise AssertionError("an initializer declares values, or draw")

    def draw(self, shape: tuple[int, ...], layout: str, dtype: str, stream: Stream) -> Array:
        """The tensor: `values` piece by piece, so that large ones need no copy in double precision.

        An initializer whose numbers depend on each other declares this instead.
        """
        import numpy as np

        flat = np.empty(math.prod(shape), dtype)
        for start in range(0, flat.size, PIECE):
            piece = flat[start : start + PIECE]
            piece[:] = self.values(piece.size, fans(shape, layout), stream)
        return flat.reshape(shape)


initializer = Registry[Initializer](
    "initializer", __package__, samples=1, errors=1, declares=("values | draw", "formula")
)
"""Decorator that registers an initializer: `@initializer("word")`; `initializer.all()` gives every one by its word."""
