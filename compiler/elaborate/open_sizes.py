"""What a finished net needs of its open sizes narrows their symbols."""

from __future__ import annotations

from netc.compiler.elaborate.frame import Frame
from netc.compiler.ir import BATCH, Dim, Graph, ImpossibleError, Narrowing
from netc.compiler.ops.needs import needs_of
from netc.compiler.passes import dead_code


def narrow_open_sizes(frame: Frame, graph: Graph) -> None:
    """Narrow the symbols to what every layer can take; an error where nothing is left for one of them.

    What exists in training alone is no reason to refuse a size in use: a model of a training step says it.
    """
    if not any(isinstance(size, Dim) and size != BATCH for value in graph.inputs for size in value.shape):
        return
    narrowing = Narrowing()
    for node, size in needs_of(dead_code(graph)):
        try:
            narrowing.at_least_0(size)
        except ImpossibleError as error:
            span = node.origin.span
            assert span is not None
            frame.error("E301", "no size is left that all layers can take", span, f"with this {error}",
                        help="take smaller windows and slices, or more padding")  # fmt: skip
            return
