"""Comparisons, truth values, selection, and arithmetic of whole numbers."""

from __future__ import annotations

from netc.compiler.ir import Builder, DType, Node, Shape, Value
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import Op, broadcast, op, sample
from netc.compiler.ops.checks import INTEGERS, numeric, same_dtype
from netc.compiler.ops.facts import Cost, Half, Kind

INT, BOOL = DType.INT64, DType.BOOL


class Comparison(Op):
    """Two inputs of one element type that broadcast; the output is bool. Not differentiable."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    differentiable = False
    samples = (
        sample((2, 3), (2, 3)),
        sample((4, 1), (3,)),
        sample((6,), (6,), dtypes=(INT, INT), ranges=((0, 3), (0, 3))),
    )

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        same_dtype(a, b)
        numeric(a, b)
        return broadcast(a.shape, b.shape)

    @staticmethod
    def dtype(a: Value, b: Value) -> DType:
        return DType.BOOL


@op
class Equal(Comparison):
    """a == b."""

    torch_name = "eq"


@op
class Greater(Comparison):
    """a > b."""

    torch_name = "gt"


@op
class GreaterOrEqual(Comparison):
    """a >= b."""

    torch_name = "ge"


@op
class Less(Comparison):
    """a < b."""

    torch_name = "lt"


@op
class LessOrEqual(Comparison):
    """a <= b."""

    torch_name = "le"


class Connective(Op):
    """Two bool inputs that broadcast. Not differentiable."""

    kind = Kind.ELEMENTWISE
    half = Half.NEVER
    differentiable = False
    samples = (sample((2, 8), (8,), dtypes=(BOOL, BOOL), ranges=((0, 2), (0, 2))),)

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        truth(a, b)
        return broadcast(a.shape, b.shape)


@op
class And(Connective):
    """a and b."""

    torch_name = "logical_and"


@op
class Or(Connective):
    """a or b."""

    torch_name = "logical_or"


@op
class Not(Op):
    """Not x. Not differentiable."""

    kind = Kind.ELEMENTWISE
    half = Half.NEVER
    torch_name = "logical_not"
    differentiable = False
    samples = (sample((5,), dtypes=(BOOL,), ranges=((0, 2),)),)

    @staticmethod
    def shape(x: Value) -> Shape:
        truth(x)
        return x.shape


@op
class Where(Op):
    """a where the condition holds, else b; all three broadcast."""

    kind = Kind.ELEMENTWISE
    half = Half.WITH_ALL
    torch_name = "where"
    samples = (
        sample((2, 3), (2, 3), (2, 3), dtypes=(BOOL, DType.FLOAT32, DType.FLOAT32), ranges=((0, 2), (-1, 1), (-1, 1))),
        sample((2, 1), (3,), (), dtypes=(BOOL, DType.FLOAT32, DType.FLOAT32), ranges=((0, 2), (-1, 1), (-1, 1))),
        sample((4,), (4,), (4,), dtypes=(BOOL, INT, INT), ranges=((0, 2), (0, 9), (0, 9))),
    )

    @staticmethod
    def shape(condition: Value, a: Value, b: Value) -> Shape:
        truth(condition)
        if a.dtype != b.dtype:
            raise ShapeError(f"element types differ: {a.dtype} and {b.dtype}", at=2)
        return broadcast(broadcast(condition.shape, a.shape), b.shape)

    @staticmethod
    def dtype(condition: Value, a: Value, b: Value) -> DType:
        return a.dtype

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[None, Value, Value]:
        condition = node.inputs[0]
        return None, g.Where(condition, dy, 0.0), g.Where(condition, 0.0, dy)


class WholeNumbers(Op):
    """Two inputs of one whole-number type that broadcast. Not differentiable."""

    kind = Kind.ELEMENTWISE
    half = Half.NEVER
    differentiable = False
    samples = (
        sample((2, 5), (2, 5), dtypes=(INT, INT), ranges=((0, 1 << 30), (1, 99))),
        sample((7,), (), dtypes=(INT, INT), ranges=((0, 1 << 30), (1, 99))),
    )

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        for at, x in enumerate((a, b)):
            if x.dtype not in INTEGERS:
                raise ShapeError(f"whole numbers are needed, found {x.dtype}", at=at)
        same_dtype(a, b)
        return broadcast(a.shape, b.shape)


@op
class Mod(WholeNumbers):
    """The remainder of a / b, with the sign of b."""

    cost = Cost.COMPUTE  # a division: four times as long as a product of whole numbers
    torch_name = "remainder"


@op
class BitwiseXor(WholeNumbers):
    """Exclusive or of the bits of a and b."""

    torch_name = "bitwise_xor"


def truth(*inputs: Value) -> None:
    """Refuse inputs that are not truth values."""
    for at, x in enumerate(inputs):
        if x.dtype != DType.BOOL:
            raise ShapeError(f"truth values are needed, found {x.dtype}", at=at)
