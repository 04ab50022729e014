"""Initial weights: drawn for each parameter from its own stream, so that a new layer moves no other's numbers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np

from netc.compiler.declare.initial import Initial
from netc.compiler.declare.parameter import Parameter
from netc.compiler.net import Net

Array = np.ndarray[Any, Any]
PIECE = 1 << 20


def initial_weights(net: Net, seed: int = 0) -> dict[str, Array]:
    """Every parameter and buffer by name, as float32 (or the parameter's type); a function of (seed, name, shape)."""
    return {parameter.name: initial_weight(parameter, seed) for parameter in net.parameters}


def initial_weight(parameter: Parameter, seed: int = 0) -> Array:
    """One parameter's or buffer's initial values, for callers that don't want all of them in memory at once."""
    shape = tuple(size for size in parameter.value.shape if isinstance(size, int))
    return draw(parameter.initial, shape, parameter.value.dtype.value, _stream(seed, parameter.name))


def draw(initial: Initial, shape: tuple[int, ...], dtype: str, stream: np.random.PCG64) -> Array:
    """One tensor. Only raw bits of the generator are used, which numpy promises never to change."""
    if initial.kind == "constant":
        return np.full(shape, initial.value, dtype)
    flat = np.empty(int(np.prod(shape, dtype=np.int64)), dtype)
    for start in range(0, flat.size, PIECE):
        piece = flat[start : start + PIECE]
        if initial.kind == "uniform":
            piece[:] = (2.0 * _uniform(stream, piece.size) - 1.0) * initial.value
        elif initial.kind == "normal":
            piece[:] = _normal(stream, piece.size) * initial.value
        else:
            raise AssertionError(f"no initial values of kind {initial.kind}")
    return flat.reshape(shape)


def _stream(seed: int, name: str) -> np.random.PCG64:
    digest = sha256(f"{seed}/{name}".encode()).digest()
    return np.random.PCG64(int.from_bytes(digest[:16], "little"))


def _uniform(stream: np.random.PCG64, count: int) -> Array:
    """Doubles in (0, 1), the ends excluded."""
    bits = np.asarray(stream.random_raw(count), np.uint64) >> np.uint64(11)
    return (bits.astype(np.float64) + 0.5) * 2.0**-53


def _normal(stream: np.random.PCG64, count: int) -> Array:
    """Standard normal doubles (Box and Muller 1958)."""
    half = (count + 1) // 2
    radius, angle = np.sqrt(-2.0 * np.log(_uniform(stream, half))), 2.0 * np.pi * _uniform(stream, half)
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]
