"""Nodes in the order that ONNX asks for, in the graphs inside of them too."""

from __future__ import annotations

import graphlib
from itertools import pairwise

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import GraphProto, NodeProto, TensorProto, helper

from netc.runtime.runs.exports.order import sort_nodes

X, Y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [2]) for name in "xy")
YES = helper.make_tensor("yes", TensorProto.BOOL, [], [True])


def graph(nodes: list[NodeProto]) -> GraphProto:
    return helper.make_graph(nodes, "g", [X], [Y], [YES])


def branch(name: str, reads: str) -> GraphProto:
    """Two nodes in the wrong order; the first to come reads a value of outside."""
    last, first = helper.make_node("Neg", [f"{name}1"], [name]), helper.make_node("Abs", [reads], [f"{name}1"])
    return helper.make_graph([last, first], name, [], [helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])])


def test_values_that_graphs_inside_read_come_first() -> None:
    choice = helper.make_node("If", ["yes"], ["y"], then_branch=branch("a", "h"), else_branch=branch("b", "x"))
    made = graph([choice, helper.make_node("Exp", ["x"], ["h"])])
    assert sort_nodes(made) == {"x", "h", "yes", "a1", "b1"}
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.array([-1.0, 2.0], np.float32)
    np.testing.assert_allclose(session.run(["y"], {"x": x})[0], -np.exp(x), rtol=1e-6)


def test_a_long_chain_turned_round() -> None:
    names = ["x", *(f"h{number}" for number in range(5000)), "y"]
    made = graph([helper.make_node("Neg", [a], [b]) for a, b in pairwise(names)][::-1])
    sort_nodes(made)
    assert [node.input[0] for node in made.node] == names[:-1]


def test_a_circle_has_no_order() -> None:
    with pytest.raises(graphlib.CycleError):
        sort_nodes(graph([helper.make_node("Neg", ["y"], ["h"]), helper.make_node("Neg", ["h"], ["y"])]))
