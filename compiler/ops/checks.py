"""Questions that shape rules ask, with the messages they give; they answer for symbolic sizes too."""

from __future__ import annotations

from netc.compiler.ir import BATCH, DType, Shape, Size, Undecided, Value
from netc.compiler.ir.operators import ShapeError
from netc.grammar.counted import counted

AS_NUMBERS = "multiply by 1.0 first, which gives 0.0 and 1.0"
AS_FLOATS = "multiply by 1.0 first, which gives floating-point numbers"
ONE_TYPE = "multiply by 1.0 whatever holds no floating-point numbers"
"""Ways out where element types do not fit."""

INTEGERS = (DType.INT64, DType.INT32, DType.UINT8)


def floating(*inputs: Value) -> None:
    """Refuse inputs that are not floating-point numbers of one precision."""
    for at, x in enumerate(inputs):
        if not x.dtype.is_float:
            raise ShapeError(f"floating-point numbers are needed, found {x.dtype}", at=at, help=AS_FLOATS, code="E302")
    same_dtype(*inputs)


def same_dtype(*inputs: Value) -> None:
    """Refuse inputs of different element types."""
    for at, x in enumerate(inputs):
        if x.dtype != inputs[0].dtype:
            message = f"element types differ: {inputs[0].dtype} and {x.dtype}"
            raise ShapeError(message, at=at, help=ONE_TYPE, code="E302")


def numeric(*inputs: Value) -> None:
    """Refuse truth values where numbers are needed."""
    for at, x in enumerate(inputs):
        if x.dtype == DType.BOOL:
            raise ShapeError("numbers are needed, found truth values", at=at, help=AS_NUMBERS, code="E302")


def normal_axis(x: Value, axis: int) -> int:
    """An axis counted from the front; negative ones count from the end."""
    if not -x.rank <= axis < x.rank:
        raise ShapeError(
            f"axis {axis} of a tensor with {counted(x.rank, 'axis', 'axes')}", argument="axis", code="E303"
        )
    return axis % x.rank


def normal_axes(x: Value, axes: tuple[int, ...]) -> tuple[int, ...]:
    """Axes counted from the front, in the order given; each at most once."""
    normal = tuple(normal_axis(x, axis) for axis in axes)
    if len(set(normal)) < len(normal):
        raise ShapeError(f"axes {list(axes)} name one twice", argument="axes", code="E303")
    return normal


def surely_less(a: Size, b: Size) -> bool:
    """Whether a < b for every value of the symbols; an open question counts as no."""
    try:
        return a < b
    except Undecided:
        return False


def shape_of(sizes: Shape) -> str:
    """A shape as messages show it: without a batch in front."""
    from netc.compiler.ir import format_shape

    return format_shape(sizes[1:] if sizes and sizes[0] == BATCH else sizes)
