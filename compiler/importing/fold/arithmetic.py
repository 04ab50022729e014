"""Arithmetic of numbers one by one, and of sizes that only a run knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from netc.compiler.importing.findings import LIMITS, unsupported
from netc.compiler.importing.folding import FOLDS, Fold, folds, held, limited
from netc.compiler.importing.records import Array, ForeignNode
from netc.compiler.ir import Size
from netc.compiler.ir.dims import floor_divide, never_negative


def _elementwise(function: Callable[..., Any]) -> Fold:
    def fold(node: ForeignNode, *arrays: Array) -> Array:
        limited(np.broadcast_shapes(*(array.shape for array in arrays)))
        found = np.asarray(function(*arrays))
        wanted = arrays[0].dtype  # a power has the type of its base
        return found if found.dtype == bool or found.dtype.hasobject else found.astype(wanted, copy=False)

    return fold


def _divide(a: Array, b: Array) -> Any:
    if a.dtype.kind == "f":
        return a / b
    if a.dtype.hasobject or b.dtype.hasobject:
        return _sizes_divided(a, b)
    quotient = a // b
    return quotient + ((quotient < 0) & (quotient * b != a))  # towards 0, and exact past 2^53


def _size_divided(a: Size, b: Size) -> Size:
    """A size by another, towards 0 where it is known to be below 0; one of unknown sign is taken to be none such."""
    if isinstance(b, int) and b < 0:
        return _size_divided(-a, -b)
    return -floor_divide(-a, b) if never_negative(-a) else floor_divide(a, b)


_sizes_divided = np.frompyfunc(_size_divided, 2, 1)


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divide,
    "Pow": lambda a, b: _power(a, b),
    "Neg": lambda a: -a,
    "Abs": np.abs,
    "Sign": np.sign,
    "Sqrt": np.sqrt,
    "Exp": np.exp,
    "Log": np.log,
    "Sin": np.sin,
    "Cos": np.cos,
    "Tanh": np.tanh,
    "Floor": np.floor,
    "Ceil": np.ceil,
    "Round": np.round,
    "Reciprocal": lambda a: 1 / a,
    "Relu": lambda a: np.maximum(a, 0),
    "Sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "Not": np.logical_not,
    "And": np.logical_and,
    "Or": np.logical_or,
    "Xor": np.logical_xor,
    "Equal": lambda a, b: _compare(a, b, lambda x, y: x == y),
    "Greater": lambda a, b: _compare(a, b, lambda x, y: x > y),
    "GreaterOrEqual": lambda a, b: _compare(a, b, lambda x, y: x >= y),
    "Less": lambda a, b: _compare(a, b, lambda x, y: x < y),
    "LessOrEqual": lambda a, b: _compare(a, b, lambda x, y: x <= y),
}
FOLDS.update({op: _elementwise(function) for op, function in _ARITHMETIC.items()})


def _power(a: Array, b: Array) -> Any:
    if (a.dtype.hasobject or b.dtype.hasobject) and any(not 0 <= power <= LIMITS["power"] for power in b.flat):
        raise unsupported(f"a size to a power that isn't 0 to {LIMITS['power']}")
    return a**b


def _compare(a: Array, b: Array, function: Callable[[Any, Any], Any]) -> Array:
    if not (a.dtype.hasobject or b.dtype.hasobject):
        return np.asarray(function(a, b))
    return np.asarray(np.frompyfunc(function, 2, 1)(a, b)).astype(bool)


@folds("Mod")
def _remainder(node: ForeignNode, a: Array, b: Array) -> Any:
    of_dividend = bool(node.attributes.get("fmod", 0))  # whose sign it has
    return _elementwise(np.fmod if of_dividend else lambda a, b: a % b)(node, a, b)


@folds("Max", "Min", "Sum")
def _many(node: ForeignNode, *arrays: Array) -> Array:
    join: Any = {"Max": np.maximum, "Min": np.minimum, "Sum": np.add}[node.op]
    limited(np.broadcast_shapes(*(array.shape for array in arrays)))
    found = arrays[0]
    for array in arrays[1:]:
        found = join(found, array)
    return np.asarray(found)


@folds("Where")
def _where(node: ForeignNode, condition: Array, a: Array, b: Array) -> Array:
    limited(np.broadcast_shapes(condition.shape, a.shape, b.shape))
    return np.where(condition.astype(bool), a, b)


@folds("Clip")
def _clip(node: ForeignNode, x: Array, low: Array | None = None, high: Array | None = None) -> Array:
    least = node.attributes.get("min") if low is None else low
    most = node.attributes.get("max") if high is None else high
    return np.clip(held(x), least, most).astype(x.dtype)


@folds("Identity", "Dropout")
def _same(node: ForeignNode, x: Array, *_: Any) -> Array:
    return x


@folds("Cast", "CastLike")
def _cast(node: ForeignNode, x: Array, like: Array | None = None) -> Array:
    from netc.compiler.importing.protobuf import element_type

    wanted = element_type(node.attributes["to"], node.shown()) if like is None else like.dtype.name
    if x.dtype.hasobject:
        return x  # sizes stay sizes
    if x.size and not any(stride for stride, size in zip(x.strides, x.shape, strict=True) if size > 1):
        return np.broadcast_to(_converted(x.flat[:1], wanted).reshape(()), x.shape)
    return _converted(held(x), wanted)


def _converted(x: Array, wanted: str) -> Array:
    if wanted == "int64" and x.dtype.kind == "f":
        x = np.nan_to_num(x, posinf=2.0**62, neginf=-(2.0**62))
    return x.astype(wanted)
