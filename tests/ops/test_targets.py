"""Every target writes every operator that ONNX lacks, in valid graphs of stock operators."""

from __future__ import annotations

import pytest
from stages import legalise

from netc.compiler.ir import BATCH, Builder, DType, Graph, Origin, Value
from netc.compiler.ir.verify import verify
from netc.compiler.ops import all_ops, get_op
from netc.compiler.targets import TARGETS
from netc.compiler.training.gradient import gradients

from .one_operator import graph_of

MISSING = {"cuda": {"BitwiseXor", "Gelu"}}
LACKING = [name for name, definition in all_ops().items() if not definition.stock]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", LACKING)
def test_every_sample_becomes_stock(target: str, name: str) -> None:
    for one in all_ops()[name].samples:
        graph = graph_of(name, one)
        shapes = [value.shape for value in graph.outputs.values()]
        written = legalise(graph, target)
        verify(written)
        assert all(get_op(node.op).stock for node in written.nodes)
        assert [value.shape for value in written.outputs.values()] == shapes
        assert [node.op for node in graph.nodes] == [name]


@pytest.mark.parametrize("target", TARGETS)
def test_a_table_has_no_row_for_what_onnx_has(target: str) -> None:
    """But for what a provider lacks."""
    assert sorted({*TARGETS[target].table} - MISSING.get(target, set())) == LACKING


def test_what_is_stock_stays_and_lines_are_kept() -> None:
    graph = Graph("g", [x := Value("x", DType.FLOAT32, (BATCH, 2, 8, 8))])
    g = Builder(graph, Origin("pool"))
    y = g.MaxPool(x, kernel=(2, 2), strides=(2, 2), pads=(0, 0, 0, 0))
    g.origin = Origin("loss")
    loss = g.ReduceSum(y, axes=(0, 1, 2, 3))
    graph.outputs = {"loss": loss, "dx": gradients(graph, loss, [x])[x]}
    written = legalise(graph)
    verify(written)
    assert written.nodes[:2] == graph.nodes[:2]
    assert {node.origin.scope for node in written.nodes} == {"pool", "loss"}


@pytest.mark.parametrize("target", TARGETS)
def test_max_pooling_needs_no_indices_and_no_scatter(target: str) -> None:
    for one in all_ops()["MaxPoolGradient"].samples:
        used = {node.op for node in legalise(graph_of("MaxPoolGradient", one), target).nodes}
        assert {op for op in used if not op.startswith("Fast")} <= {
            "Add",
            "Cast",
            "Concat",
            "Constant",
            "Equal",
            "Expand",
            "Greater",
            "HardSigmoid",
            "Max",
            "Mul",
            "Pad",
            "Reshape",
            "Slice",
            "Sub",
            "Where",
        }
