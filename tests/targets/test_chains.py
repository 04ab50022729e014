"""Chains of elementwise operations: what becomes one node, and what is made again rather than kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from sessions import fast_library, session_of

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ir.verify import verify
from netc.compiler.targets.fast.chains import chains

SHAPE = (6, 6)
Build = Callable[[Builder, Value, Value, Value], dict[str, Value]]


def graph_of(build: Build) -> Graph:
    graph = Graph("one", [Value(name, DType.FLOAT32, SHAPE) for name in ("x", "w", "dy")])
    graph.outputs = build(Builder(graph), *graph.inputs)
    verify(graph)
    return graph


def chained(graph: Graph) -> Graph:
    made = chains(graph)
    verify(made)
    return made


def counts(graph: Graph) -> Counter[str]:
    return Counter(node.op for node in graph.nodes)


def activation(g: Builder, x: Value, w: Value, dy: Value, *, inner: Value) -> dict[str, Value]:
    """y = x tanh(inner) goes into a product, and the gradient for x of a product needs the tanh again."""
    t = g.Tanh(inner)
    y = g.MatMul(g.Mul(x, t), w)
    slope = g.MatMul(dy, w)
    dx = g.Add(g.Mul(slope, t), g.Mul(g.Mul(slope, x), g.Sub(1.0, g.Mul(t, t))))
    return {"y": y, "dx": dx}


def of_one_tensor(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    return activation(g, x, w, dy, inner=g.Mul(x, 0.8))


def of_two_tensors(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    return activation(g, x, w, dy, inner=g.Mul(x, w))


def as_an_output(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    made = of_one_tensor(g, x, w, dy)
    (t,) = (node.output for node in g.graph.nodes if node.op == "Tanh")
    return {**made, "t": t}


def read_once(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    """The other reader of the tanh is no chain."""
    t = g.Tanh(g.Mul(x, 0.8))
    return {"y": g.MatMul(g.Mul(x, t), w), "z": g.MatMul(t, w)}


def bounds(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    return {"both": g.Clip(x, low=-0.5, high=0.5), "low": g.Mul(g.Clip(g.Neg(w), low=0.25, high=None), dy)}


def a_map_and_its_sums(g: Builder, x: Value, w: Value, dy: Value) -> dict[str, Value]:
    """One part has another shape."""
    t = g.Exp(g.Neg(x))
    column = g.ReduceSum(t, axes=(1,), keepdims=True)
    return {"y": g.Div(t, column), "z": g.Mul(g.Add(t, t), w)}


GRAPHS: dict[str, tuple[Build, dict[str, int]]] = {
    "made again": (of_one_tensor, {"FastElementwise": 2, "MatMul": 2}),
    "kept": (of_two_tensors, {"FastElementwise": 2, "Mul": 1, "MatMul": 2}),
    "an output": (as_an_output, {"FastElementwise": 2, "Mul": 1, "MatMul": 2}),
    "another reader": (read_once, {"FastElementwise": 1, "Mul": 1, "MatMul": 2}),
    "bounds": (bounds, {"FastElementwise": 2}),
    "another shape": (a_map_and_its_sums, {"FastElementwise": 2, "ReduceSum": 1, "Div": 1}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_what_becomes_one_node(name: str) -> None:
    build, expected = GRAPHS[name]
    made = chained(graph_of(build))
    found = counts(made)
    del found["Constant"]
    assert found == expected


def test_what_is_made_again_is_no_result() -> None:
    """Between the passes the tensor itself is kept, which the gradient reads anyway."""
    made = chained(graph_of(of_one_tensor))
    assert [len(node.outputs) for node in made.nodes if node.op == "FastElementwise"] == [1, 1]


@pytest.mark.skipif(fast_library() is None, reason="the library of netc[fast] is not built here")
@pytest.mark.parametrize("name", GRAPHS)
def test_chains_give_the_same(name: str) -> None:
    graph = graph_of(GRAPHS[name][0])
    random = np.random.default_rng(0)
    feeds = {value.name: random.standard_normal(SHAPE).astype(np.float32) for value in graph.inputs}
    expected, found = (session_of(emit(one).SerializeToString()).run(None, feeds) for one in (graph, chained(graph)))
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=2e-6 * float(np.abs(theirs).max()))
