"""Random masks from plain integer arithmetic: the same bits in every session, thread count, provider and language.

Each element's 31 bits are a function of (seed, step, run of a scan's body, layer, element): three rounds of multiply,
xor and shift over a counter, keyed between the rounds. Nothing is carried from step to step, so training resumes
exactly. All values stay below 2^31 before a product, so that int64 never overflows.
"""

from __future__ import annotations

from math import pi
from zlib import crc32

from netc.compiler.ir import Builder, DType, Graph, Origin, Shape, Size, Value

BITS = 31
RANGE = 1 << BITS
MULTIPLIERS = (0x2C1B3C6D, 0x297A2D39, 0x5BD1E995)
"""Odd and below 2^31, with bits all over."""
SHIFTS = (15, 13, 16)


class RandomBits:
    """Draws for one graph; the part that depends on seed and step alone is added once, on first use."""

    def __init__(self, graph: Graph, seed: Value, step: Value) -> None:
        self._graph = graph
        self._seed = seed
        self._step = step
        self._base: Value | None = None
        self._draws: dict[str, int] = {}

    def dropout_mask(self, g: Builder, shape: Shape, rate: float, leading: int | None = None) -> Value:
        """A tensor that is 0 with probability `rate` and 1 / (1 - rate) elsewhere.

        leading  how many axes it goes along; the others have size 1 in it. None: all
        """
        if leading is not None:
            shape = (*shape[:leading], *(1 for _ in shape[leading:]))
        kept = g.Less(self.bits(g, shape), round((1.0 - rate) * RANGE))
        return g.Mul(g.Cast(kept, to=DType.FLOAT32), 1.0 / (1.0 - rate))

    def inside(self, base: Value) -> RandomBits:
        """Draws for a body that runs many times; `base` is what keys one run of it, an element of `runs`."""
        made = RandomBits(self._graph, self._seed, self._step)
        made._base, made._draws = base, self._draws
        return made

    def runs(self, g: Builder, count: Size) -> Value:
        """What keys each of the runs of a body, from 0 to 2^31 - 1."""
        return _mix(g, g.BitwiseXor(g.Iota(shape=(count,)), self._shared_base()), rounds=3)

    def uniform(self, g: Builder, shape: Shape) -> Value:
        """Numbers from 0 to 1, 1 excluded: the 24 bits that float32 holds exactly."""
        high = g.Div(self.bits(g, shape), 1 << (BITS - 24))
        return g.Mul(g.Cast(high, to=DType.FLOAT32), 2.0**-24)

    def normal(self, g: Builder, shape: Shape) -> Value:
        """Numbers of the normal distribution, by the method of Box and Muller (1958)."""
        above_zero = g.Mul(g.Cast(g.Add(self.bits(g, shape), 1), to=DType.FLOAT32), 1.0 / RANGE)
        radius = g.Sqrt(g.Mul(g.Log(above_zero), -2.0))
        return g.Mul(radius, g.Cos(g.Mul(self.uniform(g, shape), 2.0 * pi)))

    def bits(self, g: Builder, shape: Shape) -> Value:
        """Uniform int64 values from 0 to 2^31 - 1, one stream for each layer path and draw in it."""
        draw = self._draws[g.origin.scope] = self._draws.get(g.origin.scope, -1) + 1
        layer = crc32(f"{g.origin.scope}#{draw}".encode()) % RANGE
        first = _mix(g, g.BitwiseXor(self._shared_base(), layer), rounds=2)
        second = _mix(g, g.BitwiseXor(first, layer), rounds=1)
        x = _mix(g, g.BitwiseXor(g.Iota(shape=shape), first), rounds=1)
        return _mix(g, g.BitwiseXor(x, second), rounds=2)

    def _shared_base(self) -> Value:
        if self._base is None:
            g = Builder(self._graph, Origin("random"))
            low = _mix(g, g.Mod(self._seed, RANGE), rounds=2)
            high = g.Mod(g.Div(self._seed, RANGE), RANGE)
            keyed = _mix(g, g.BitwiseXor(low, high), rounds=1)
            self._base = _mix(g, g.BitwiseXor(keyed, g.Mod(self._step, RANGE)), rounds=2)
        return self._base


def _mix(g: Builder, x: Value, rounds: int) -> Value:
    """A bijection of 31 bits: multiply by an odd number, fold the high half onto the low one."""
    for multiplier, shift in list(zip(MULTIPLIERS, SHIFTS, strict=True))[-rounds:]:
        x = g.Mod(g.Mul(x, multiplier), RANGE)
        x = g.BitwiseXor(x, g.Div(x, 1 << shift))
    return x
