"""The CPU of ONNX Runtime at its best: the blocked layout of its own convolution domain.

A blocked activation keeps the shape [N, C, H, W] but lies in memory as [N, C / block, H, W, block]. Elementwise
operators do not care; convolution, pooling and batch normalization run at twice to three times their speed there.
The domain belongs to the runtime, so a model for this target is for this machine and this version: `runtime` probes
the block and falls back to `std`.
"""

from __future__ import annotations

from netc.compiler.ir import Graph
from netc.compiler.targets.cpu import operators
from netc.compiler.targets.cpu.rows import rows
from netc.compiler.targets.layout import Layout, Rows


def blocked_layout(graph: Graph, rows: Rows, *, block: int) -> Graph:
    """The graph with convolutions, and what stands between them, in blocks of `block` channels."""
    return Layout(graph, block).run(rows)


__all__ = ["blocked_layout", "operators", "rows"]
