"""Products of matrices with their transpositions and bias as one Gemm."""

from __future__ import annotations

from netc.compiler.ir import Graph, Node, Value
from netc.compiler.passes.rewriter import Rewriter


def products(graph: Graph) -> Graph:
    """Take transpositions of inputs and output, or an added bias, into a product of two matrices.

    (a b)' becomes b' a', so that a dense layer's weight gradient is made in the layout of the weight.
    """
    rewriter = Rewriter(graph)
    readers = graph.consumers()
    kept = set(graph.outputs.values())
    done: set[Node] = set()

    def only_reader(value: Value) -> Node | None:
        found = readers.get(value, [])
        return found[0] if len(found) == 1 and value not in kept else None

    def fuse(node: Node) -> bool:
        g = rewriter.builder(node.origin)
        (a, left), (b, right) = map(untransposed, node.inputs)
        first, second = rewriter.now(a), rewriter.now(b)
        after = only_reader(node.output)
        if after is not None and is_transpose(after):
            made = g.Gemm(second, first, left=not right, right=not left)
        elif after is not None and (bias := bias_of(after, node.output)) is not None:
            made = g.Gemm(first, second, rewriter.now(bias), left=left, right=right)
        elif left or right:
            made, after = g.Gemm(first, second, left=left, right=right), None
        else:
            return False
        rewriter.replace((after or node).outputs, (made,))
        if after is not None:
            done.add(after)
        return True

    for node in graph.nodes:
        if node in done:
            continue
        if node.op != "MatMul" or any(value.rank != 2 for value in node.inputs) or not fuse(node):
            rewriter.keep(node)
    return rewriter.finish()


def is_transpose(node: Node) -> bool:
    """Whether a node exchanges the axes of a matrix."""
    return node.op == "Transpose" and node.attributes["axes"] == (1, 0)


def untransposed(value: Value) -> tuple[Value, bool]:
    """What a matrix is the transpose of, and True; or itself, and False."""
    if value.node is not None and is_transpose(value.node):
        return value.node.inputs[0], True
    return value, False


def bias_of(node: Node, product: Value) -> Value | None:
    """The parameter that an addition adds to each row of a product: it is there from the start."""
    if node.op != "Add":
        return None
    other = node.inputs[1] if node.inputs[0] is product else node.inputs[0]
    return other if other.node is None and other.shape == product.shape[1:] else None
