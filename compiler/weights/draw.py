"""Initial weights: drawn for each parameter from its own stream, so that a new layer moves no other's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from math import prod
from typing import Any

import numpy as np

from netc.compiler.declare.parameter import Parameter
from netc.compiler.net import Net
from netc.grammar.counted import counted
from netc.grammar.limits import PARAMETERS

Array = np.ndarray[Any, Any]


def initial_weights(net: Net, seed: int = 0) -> dict[str, Array]:
    """Every parameter and buffer by name, as float32 (or the parameter's type); a function of (seed, name, shape).

    Those that an imported net starts from are the model's. Raises LimitError E136 as `check_count`.
    """
    check_count(net)
    return {parameter.name: initial_weight(parameter, seed, net.start) for parameter in net.parameters}


def check_count(net: Net) -> None:
    """Raise LimitError E136 for more parameters than are made without being asked."""
    sizes = (prod(size for size in item.value.shape if isinstance(size, int)) for item in net.parameters)
    if (count := sum(sizes)) > PARAMETERS.value:
        help = "look with `netc summary` for a size that is too large"
        raise PARAMETERS.error(f"{net.name} has {counted(count, 'parameter')}", help=help, asked=count)


def initial_weight(parameter: Parameter, seed: int = 0, start: Mapping[str, Array] | None = None) -> Array:
    """One parameter's or buffer's initial values, for callers that don't want all of them in memory at once.

    start  what an imported net starts from, by name
    """
    if start and parameter.name in start:
        return np.array(start[parameter.name], dtype=parameter.value.dtype.value)
    shape = tuple(size for size in parameter.value.shape if isinstance(size, int))
    stream = RawStream.of(seed, parameter.drawn_as or parameter.name)
    drawn = parameter.initial.draw(shape, parameter.layout, parameter.value.dtype.value, stream)
    if parameter.empty_row is not None:
        drawn[parameter.empty_row] = 0
    return drawn


class RawStream:
    """Random numbers from raw bits of a generator alone, which numpy promises never to change."""

    def __init__(self, bits: np.random.PCG64) -> None:
        self._bits = bits

    @classmethod
    def of(cls, seed: int, name: str) -> RawStream:
        """The stream that belongs to a seed and a parameter's name."""
        digest = sha256(f"{seed}/{name}".encode()).digest()
        return cls(np.random.PCG64(int.from_bytes(digest[:16], "little")))

    def uniform(self, count: int) -> Array:
        """Doubles in (0, 1), the ends excluded."""
        bits = np.asarray(self._bits.random_raw(count), np.uint64) >> np.uint64(11)
        return (bits.astype(np.float64) + 0.5) * 2.0**-53

    def normal(self, count: int) -> Array:
        """Standard normal doubles (Box and Muller 1958)."""
        half = (count + 1) // 2
        radius, angle = np.sqrt(-2.0 * np.log(self.uniform(half))), 2.0 * np.pi * self.uniform(half)
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
