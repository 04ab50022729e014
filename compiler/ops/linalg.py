"""Products of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ir.operators import ShapeError
from netc.compiler.ops.base import Op, broadcast, op, sample
from netc.compiler.ops.checks import floating
from netc.compiler.ops.facts import Kind
from netc.compiler.ops.fields import Field, broadcast_field, everything
from netc.compiler.ops.writer import Writer


@op
class MatMul(Op):
    """y = a @ b.    a [*B, M, K], b [*B, K, N] -> y [*B, M, N]; the leading axes broadcast."""

    kind = Kind.PRODUCT
    torch_name = "matmul"
    samples = (sample((3, 4), (4, 2)), sample((5, 3, 4), (4, 2)), sample((5, 1, 3, 4), (2, 4, 2)))

    @staticmethod
    def shape(a: Value, b: Value) -> Shape:
        if a.rank < 2 or b.rank < 2:
            raise ShapeError("a matrix product needs at least two axes on both sides", at=int(a.rank >= 2))
        if a.shape[-1] != b.shape[-2]:
            raise ShapeError(f"inner sizes differ: {a.shape[-1]} and {b.shape[-2]}", at=1)
        return (*broadcast(a.shape[:-2], b.shape[:-2]), a.shape[-2], b.shape[-1])

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, Value]:
        a, b = node.inputs
        da = g.MatMul(dy, swap(g, b))
        if a.rank > 2 and b.rank == 2:  # one long product instead of a batch of products and their sum
            a = g.Reshape(a, shape=(product(a.shape[:-1]), a.shape[-1]))
            dy = g.Reshape(dy, shape=(product(dy.shape[:-1]), dy.shape[-1]))
        return da, g.MatMul(swap(g, a), dy)

    @staticmethod
    def flops(node: Node) -> Size:
        return product(node.output.shape) * node.inputs[0].shape[-1]

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        x = node.inputs[at]
        inner = x.rank - 1 - at
        aligned = broadcast_field(x, node.output, field)
        return tuple(None if axis == inner else size for axis, size in enumerate(aligned, 1))


@op
class Gemm(Op):
    """y = a b + beta bias, each matrix transposed where `left` or `right` says so; the bias may be left out.

    a [M, K] or [K, M], b [K, N] or [N, K], bias [N] or [M, N] -> y [M, N]
    """

    kind = Kind.PRODUCT
    attributes = {"left": False, "right": False, "beta": 1.0}
    samples = (
        sample((3, 4), (4, 2), (2,)),
        sample((4, 3), (4, 2), left=True),
        sample((3, 4), (2, 4), (2,), right=True),
        sample((4, 3), (2, 4), left=True, right=True),
        sample((3, 4), (4, 2), (3, 2), beta=0.9),
    )

    @staticmethod
    def shape(a: Value, b: Value, bias: Value | None = None, *, left: bool, right: bool, beta: float) -> Shape:
        floating(a, b)
        if a.rank != 2 or b.rank != 2:
            raise ShapeError("a product of matrices needs two axes on both sides", at=int(a.rank == 2))
        rows, inner = reversed(a.shape) if left else a.shape
        other, columns = reversed(b.shape) if right else b.shape
        if inner != other:
            raise ShapeError(f"inner sizes differ: {inner} and {other}", at=1)
        if bias is not None and bias.shape not in ((columns,), (rows, columns)):
            raise ShapeError(f"a bias of shape [{columns}] is needed, found {list(bias.shape)}", at=2)
        return (rows, columns)

    @staticmethod
    def grad(g: Builder, node: Node, dy: Value) -> tuple[Value, ...]:
        a, b, *bias = node.inputs
        left, right = bool(node.attributes["left"]), bool(node.attributes["right"])
        da = g.Gemm(b, dy, left=right, right=True) if left else g.Gemm(dy, b, right=not right)
        db = g.Gemm(dy, a, left=True, right=left) if right else g.Gemm(a, dy, left=not left)
        if not bias:
            return da, db
        return da, db, g.Mul(dy, float(node.attributes["beta"]))

    @staticmethod
    def flops(node: Node) -> Size:
        inner = node.inputs[0].shape[0 if node.attributes["left"] else 1]
        return product(node.output.shape) * inner

    @classmethod
    def emit(cls, e: Writer, node: Node) -> None:
        flags: dict[str, Any] = {
            "transA": int(bool(node.attributes["left"])),
            "transB": int(bool(node.attributes["right"])),
        }
        beta = float(node.attributes["beta"])
        e.node(node, "Gemm", node.inputs, None, **flags, beta=None if beta == 1.0 else beta)

    @staticmethod
    def field_before(node: Node, at: int, field: Field) -> Field:
        return everything(node.inputs[at])

    @classmethod
    def place_by_place(cls, node: Node, at: int) -> bool:
        return at == 2 and node.inputs[at].shape == node.output.shape

    @classmethod
    def torch(cls, torch: Any, node: Node) -> Callable[..., Any]:
        left, right, beta = (node.attributes[name] for name in Gemm.attributes)

        def product(a: Any, b: Any, bias: Any = None) -> Any:
            a, b = a.mT if left else a, b.mT if right else b
            return a @ b if bias is None else torch.addmm(bias, a, b, beta=beta)

        return product


def swap(g: Builder, x: Value) -> Value:
    """The last two axes exchanged; what a Transpose exchanged already is taken from before it."""
    axes = (*range(x.rank - 2), x.rank - 1, x.rank - 2)
    if x.node is not None and x.node.op == "Transpose" and x.node.attributes["axes"] == axes:
        return x.node.inputs[0]
    return g.Transpose(x, axes=axes)
