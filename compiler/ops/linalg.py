"""Products of matrices."""

from __future__ import annotations

from netc.compiler.ir import Builder, Node, Shape, Size, Value, product
from netc.compiler.ops.base import Op, ShapeError, broadcast, op, sample


@op
class MatMul(Op):
    """y = a @ b.    a [*B, M, K], b [*B, K, N] -> y [*B, M, N]; the leading axes broadcast."""

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


def swap(g: Builder, x: Value) -> Value:
    """The last two axes exchanged; what a Transpose exchanged already is taken from before it."""
    axes = (*range(x.rank - 2), x.rank - 1, x.rank - 2)
    if x.node is not None and x.node.op == "Transpose" and x.node.attributes["axes"] == axes:
        return x.node.inputs[0]
    return g.Transpose(x, axes=axes)
