"""What is known while importing is worked out: arithmetic of constants and of shapes, open sizes among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from netc.compiler.importing.findings import LIMITS, too_large, unsupported
from netc.compiler.importing.records import Array, ForeignNode
from netc.compiler.ir import product

Fold = Callable[..., Any]
"""Of the node and its inputs, None for one that is left out; an array, or a tuple of them."""

FOLDS: dict[str, Fold] = {}


def folds(*ops: str) -> Callable[[Fold], Fold]:
    """Register what an operator makes of arrays."""

    def register(fold: Fold) -> Fold:
        FOLDS.update(dict.fromkeys(ops, fold))
        return fold

    return register


def limited(shape: Iterable[Any], most: str = "elements") -> tuple[int, ...]:
    """A shape of known sizes, of no more elements than are made here; raises DiagnosticError E592."""
    sizes = tuple(int(size) for size in shape)
    if math.prod(sizes) > LIMITS[most] or len(sizes) > LIMITS["rank"]:
        raise too_large("numbers in a constant", math.prod(sizes), LIMITS[most])
    return sizes


def held(x: Array) -> Array:
    """An array that is about to be copied: a number repeated has no more places than what is made here; raises E592."""
    if 0 in x.strides:
        limited(x.shape)
    return x


def _elementwise(function: Callable[..., Any]) -> Fold:
    def fold(node: ForeignNode, *arrays: Array) -> Array:
        limited(np.broadcast_shapes(*(array.shape for array in arrays)))
        found = np.asarray(function(*arrays))
        wanted = arrays[-1].dtype
        return found if found.dtype == bool or found.dtype.hasobject else found.astype(wanted, copy=False)

    return fold


def _divide(a: Array, b: Array) -> Any:
    if a.dtype.kind == "f":
        return a / b
    if a.dtype.hasobject or b.dtype.hasobject:
        return np.asarray(a, dtype=object) // np.asarray(b, dtype=object)
    return np.trunc(a / b).astype(np.int64)


_ARITHMETIC: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divide,
    "Mod": lambda a, b: a % b,
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


@folds("Constant")
def _constant(node: ForeignNode) -> Array:
    for name, dtype in (
        ("value_int", "int64"),
        ("value_ints", "int64"),
        ("value_float", "float32"),
        ("value_floats", "float32"),
    ):
        if name in node.attributes:
            return np.asarray(node.attributes[name], dtype=dtype)
    if "value" in node.attributes:
        return np.asarray(node.attributes["value"])
    raise unsupported("it is a constant of texts, or of another kind that networks here do not have", node=node)


@folds("ConstantOfShape")
def _filled(node: ForeignNode, shape: Array) -> Array:
    value = np.asarray(node.attributes.get("value", np.zeros(1, np.float32))).reshape(())
    return np.broadcast_to(value, limited(shape.ravel(), "repeated"))  # of one number: no memory


@folds("Shape")
def _shape(node: ForeignNode, x: Array) -> Array:
    return np.array(x.shape, np.int64)[node.attributes.get("start", 0) : node.attributes.get("end")]


@folds("Size")
def _size(node: ForeignNode, x: Array) -> Array:
    return np.asarray(x.size, np.int64)


def axes_of(node: ForeignNode, given: Array | None, rank: int) -> tuple[int, ...] | None:
    """The axes that an attribute names, or an input since opset 13, counted from the front; None where none are."""
    axes = node.attributes.get("axes") if given is None else given.ravel().tolist()
    return None if axes is None else tuple(int(axis) % max(rank, 1) for axis in axes)


@folds("Reshape")
def _reshape(node: ForeignNode, x: Array, shape: Array | None = None) -> Array:
    wanted = list(shape.ravel().tolist() if shape is not None else node.attributes["shape"])
    if not node.attributes.get("allowzero", 0):
        wanted = [x.shape[at] if size == 0 else size for at, size in enumerate(wanted)]
    sizes = [int(size) for size in wanted]
    one = x.size and not any(stride for stride, size in zip(x.strides, x.shape, strict=True) if size > 1)
    if one and math.prod(sizes) == x.size:
        return np.broadcast_to(x.flat[:1].reshape(()), sizes)
    return held(x).reshape(sizes)


@folds("Flatten")
def _flatten(node: ForeignNode, x: Array) -> Array:
    axis = node.attributes.get("axis", 1)
    axis += x.ndim if axis < 0 else 0
    return held(x).reshape(math.prod(x.shape[:axis]), -1)


@folds("Transpose")
def _transpose(node: ForeignNode, x: Array) -> Array:
    return x.transpose(node.attributes.get("perm"))


@folds("Squeeze")
def _squeeze(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    return np.squeeze(x, axes_of(node, axes, x.ndim))


@folds("Unsqueeze")
def _unsqueeze(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    count = len(node.attributes.get("axes", ()) if axes is None else axes.ravel())
    return np.expand_dims(x, axes_of(node, axes, x.ndim + count) or ())


@folds("Expand")
def _expand(node: ForeignNode, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape, limited(shape.ravel(), "repeated")))


@folds("Tile")
def _tile(node: ForeignNode, x: Array, repeats: Array) -> Array:
    limited([size * int(times) for size, times in zip(x.shape, repeats.ravel(), strict=True)])
    return np.tile(x, repeats.ravel().tolist())


@folds("Concat")
def _concat(node: ForeignNode, *arrays: Array) -> Array:
    limited([sum(array.size for array in arrays)])
    return np.concatenate(arrays, node.attributes.get("axis", 1))


@folds("Split")
def _split(node: ForeignNode, x: Array, sizes: Array | None = None) -> tuple[Array, ...]:
    axis = node.attributes.get("axis", 0)
    given = node.attributes.get("split") if sizes is None else sizes.ravel().tolist()
    cuts = len(node.outputs) if given is None else np.cumsum([int(size) for size in given])[:-1]
    return tuple(np.array_split(x, cuts, axis))


@folds("Gather")
def _gather(node: ForeignNode, x: Array, index: Array) -> Array:
    axis = node.attributes.get("axis", 0)
    limited([index.size * (x.size // x.shape[axis]) if x.shape[axis] else 0])
    return np.take(x, index.astype(np.int64), axis)


@folds("Slice")
def _slice(node: ForeignNode, x: Array, *given: Array | None) -> Array:
    found = [slice(None)] * x.ndim
    for axis, start, stop, step in slices_of(node, given, x.ndim):
        found[axis] = slice(int(start), None if step < 0 and stop < -x.shape[axis] else int(stop), step)
    return np.asarray(x[tuple(found)])


def slices_of(node: ForeignNode, given: Sequence[Array | None], rank: int) -> list[tuple[int, Any, Any, int]]:
    """Axis, start, stop and step of every axis that a slice cuts."""
    if given:
        starts, stops, *more = given
        assert starts is not None
        assert stops is not None
        axes = more[0].ravel().tolist() if more and more[0] is not None else range(starts.size)
        steps = more[1].ravel().tolist() if len(more) > 1 and more[1] is not None else [1] * starts.size
        begin, end = starts.ravel().tolist(), stops.ravel().tolist()
    else:
        begin, end = node.attributes["starts"], node.attributes["ends"]
        axes, steps = node.attributes.get("axes", range(len(begin))), [1] * len(begin)
    return [(int(axis) % rank, *rest) for axis, *rest in zip(axes, begin, end, steps, strict=True)]


@folds("Range")
def _range(node: ForeignNode, start: Array, stop: Array, step: Array) -> Array:
    count = max(0, math.ceil((stop.item() - start.item()) / step.item()))
    (size,) = limited([count])
    return np.asarray(start.item() + np.arange(size) * step.item(), dtype=start.dtype)


@folds("Trilu")
def _triangle(node: ForeignNode, x: Array, k: Array | None = None) -> Array:
    cut = np.triu if node.attributes.get("upper", 1) else np.tril
    return cut(held(x), 0 if k is None else int(k))


@folds("ReduceProd", "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
def _reduce(node: ForeignNode, x: Array, axes: Array | None = None) -> Array:
    if node.op == "ReduceProd" and x.dtype.hasobject:
        return np.asarray(product(tuple(x.ravel().tolist())), dtype=object).reshape(
            (1,) * x.ndim if node.attributes.get("keepdims", 1) else ()
        )
    reduce: Any = {
        "ReduceProd": np.prod,
        "ReduceSum": np.sum,
        "ReduceMean": np.mean,
        "ReduceMax": np.max,
        "ReduceMin": np.min,
    }[node.op]
    found = reduce(x, axis=axes_of(node, axes, x.ndim), keepdims=bool(node.attributes.get("keepdims", 1)))
    return np.asarray(found).astype(x.dtype)


@folds("MatMul")
def _matmul(node: ForeignNode, a: Array, b: Array) -> Array:
    steps = math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2])) * math.prod((*a.shape[-2:], *b.shape[-1:]))
    if steps > LIMITS["steps"]:
        raise too_large("steps of a product of constants", steps, LIMITS["steps"])
    return held(a) @ held(b)


@folds("CumSum")
def _cumsum(node: ForeignNode, x: Array, axis: Array) -> Array:
    if node.attributes.get("reverse", 0) or node.attributes.get("exclusive", 0):
        raise unsupported("a cumulative sum of constants runs backwards", node=node)
    return np.cumsum(held(x), int(axis.item())).astype(x.dtype)


@folds("ScatterND")
def _scatter(node: ForeignNode, x: Array, index: Array, updates: Array) -> Array:
    found = np.array(held(x))
    found[tuple(np.moveaxis(index, -1, 0))] = updates
    return found


@folds("GatherND")
def _gather_places(node: ForeignNode, x: Array, index: Array) -> Array:
    if node.attributes.get("batch_dims", 0):
        raise unsupported("it picks from constants for each of a batch", node=node)
    limited([index[..., 0].size * math.prod(x.shape[index.shape[-1] :])])
    return np.asarray(x[tuple(np.moveaxis(index, -1, 0))])


@folds("EyeLike")
def _eye(node: ForeignNode, x: Array) -> Array:
    rows, columns = limited(x.shape)
    return np.eye(rows, columns, k=int(node.attributes.get("k", 0)), dtype=np.float32)


@folds("NonZero")
def _nonzero(node: ForeignNode, x: Array) -> Array:
    return np.array(np.nonzero(held(x)), np.int64)
