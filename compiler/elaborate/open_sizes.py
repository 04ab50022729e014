"""What a finished net needs of its open sizes: a window has to fit, a slice has to lie on its axis."""

from __future__ import annotations

from collections.abc import Iterator

from netc.compiler.elaborate.frame import Frame
from netc.compiler.ir import BATCH, Dim, Graph, ImpossibleError, Narrowing, Node, Shape, Size
from netc.compiler.ops import get_op


def narrow_open_sizes(frame: Frame, graph: Graph) -> None:
    """Narrow the symbols to what every layer can take; an error where nothing is left for one of them."""
    if not any(isinstance(size, Dim) and size != BATCH for value in graph.inputs for size in value.shape):
        return
    seen: set[Size] = set()
    narrowing = Narrowing()
    for node, needed in _needs(graph):
        if needed in seen:
            continue
        seen.add(needed)
        try:
            narrowing.at_least_0(needed)
        except ImpossibleError as error:
            span = node.origin.span
            assert span is not None
            frame.error("E301", "no size is left that all layers can take", span, f"with this {error}",
                        help="take smaller windows and slices, or more padding")  # fmt: skip
            return


def _needs(graph: Graph) -> Iterator[tuple[Node, Size]]:
    """Open sizes that have to be 0 or more, and the nodes that need it."""
    for node in graph.all_nodes():
        made: Shape = tuple(size - 1 for value in node.outputs for size in value.shape if isinstance(size, Dim))
        yield from ((node, size) for size in (*made, *get_op(node.op).needs(node)))
