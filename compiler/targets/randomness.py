"""Random sources where the network runs: the integer hash of training, with seed 0 and step 0."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Shape, Value
from netc.compiler.passes.random_bits import RandomBits


def hashed_normal(g: Builder, *, shape: Shape, stream: int) -> Value:
    """Numbers of the normal distribution."""
    return _first_bits(g).normal(g, shape)


def hashed_uniform(g: Builder, *, shape: Shape, stream: int) -> Value:
    """Numbers from 0 to 1."""
    return _first_bits(g).uniform(g, shape)


def _first_bits(g: Builder) -> RandomBits:
    zero = g.constant(0, DType.INT64)
    return RandomBits(g.graph, zero, zero)
