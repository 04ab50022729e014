"""Passes: what each does to a small graph, and that none of them changes what a model computes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import onnxruntime
from growth import assert_linear
from stages import legalise, simplify

from netc.compiler import passes
from netc.compiler.emit import emit
from netc.compiler.ir import BATCH, BATCH_SYMBOL, Builder, DType, Graph, Origin, Value
from netc.compiler.ir.verify import verify
from netc.compiler.passes.common_subexpressions import common_subexpressions
from netc.compiler.passes.constant_folding import constant_folding
from netc.compiler.passes.dead_code import dead_code
from netc.compiler.passes.identities import identities
from netc.compiler.training.scorer import scorer
from netc.compiler.training.step import gradient_step, training_step

from .networks import plan, small_net, two_headed


def start(*shapes: tuple[Any, ...]) -> tuple[Graph, Builder, list[Value]]:
    inputs = [Value(f"x{i}", DType.FLOAT32, shape) for i, shape in enumerate(shapes)]
    graph = Graph("g", inputs)
    return graph, Builder(graph), inputs


def ops(graph: Graph) -> list[str]:
    return [node.op for node in graph.nodes]


def values_of(graph: Graph) -> list[Any]:
    rng = np.random.default_rng(0)
    feeds = {
        value.name: rng.standard_normal([3 if size == BATCH else size for size in value.shape]).astype(np.float32)
        for value in graph.inputs
    }
    return list(onnxruntime.InferenceSession(emit(graph).SerializeToString()).run(None, feeds))


def same(before: Graph, after: Graph) -> None:
    assert list(before.outputs) == list(after.outputs)
    for old, new in zip(values_of(before), values_of(after), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-6, atol=1e-7)


def test_dead_code_goes() -> None:
    graph, g, (x,) = start((BATCH, 4))
    g.Exp(g.Neg(x))
    graph.outputs["y"] = g.Tanh(x)
    after = dead_code(graph)
    assert ops(after) == ["Tanh"]
    assert ops(graph) == ["Neg", "Exp", "Tanh"]
    same(graph, after)


def test_equal_computations_are_done_once() -> None:
    graph, g, (x,) = start((BATCH, 4))
    left = g.Mul(g.Tanh(x), 2.0)
    right = g.Mul(g.Tanh(x), 2.0)
    graph.outputs["y"] = g.Add(left, right)
    after = common_subexpressions(graph)
    assert sorted(ops(after)) == ["Add", "Constant", "Mul", "Tanh"]
    same(graph, after)


def test_what_looks_equal_is_kept_apart() -> None:
    graph, g, (x,) = start((2, 2))
    graph.outputs["y"] = g.Div(x, 0.0)
    graph.outputs["z"] = g.Div(x, -0.0)
    graph.outputs["a"] = g.ReduceSum(x, axes=(0,))
    graph.outputs["b"] = g.ReduceSum(x, axes=(1,))
    after = common_subexpressions(graph)
    assert len(after.nodes) == len(graph.nodes)
    same(graph, after)


def test_identities_go() -> None:
    graph, g, (x,) = start((BATCH, 4))
    y = g.Identity(g.Add(g.Mul(x, 1.0), 0.0))
    y = g.Sub(g.Div(g.Reshape(g.Reshape(y, shape=(BATCH, 2, 2)), shape=(BATCH, 4)), 1.0), 0.0)
    y = g.Transpose(g.Transpose(y, axes=(1, 0)), axes=(1, 0))
    y = g.Cast(g.Expand(y, shape=(BATCH, 4)), to=DType.FLOAT32)
    graph.outputs["y"] = g.Tanh(y)
    after = dead_code(identities(graph))
    assert ops(after) == ["Tanh"]
    assert after.nodes[0].inputs == (x,)
    same(graph, after)


def test_reshapes_and_transposes_in_a_row_become_one() -> None:
    graph, g, (x,) = start((2, 3, 4))
    graph.outputs["y"] = g.Transpose(g.Transpose(x, axes=(1, 2, 0)), axes=(0, 2, 1))
    graph.outputs["z"] = g.Reshape(g.Reshape(x, shape=(6, 4)), shape=(24,))
    after = dead_code(identities(graph))
    assert sorted(ops(after)) == ["Reshape", "Transpose"]
    same(graph, after)


def test_neutral_constants_that_widen_stay() -> None:
    graph, g, (x,) = start((1,))
    graph.outputs["y"] = g.Mul(x, g.constant([1.0, 1.0, 1.0]))
    graph.outputs["z"] = g.Sub(0.0, x)
    graph.outputs["r"] = g.Div(1.0, x)
    after = identities(graph)
    assert ops(after) == ops(graph)
    same(graph, after)


def test_constants_fold() -> None:
    graph, g, (x,) = start((2,))
    scale = g.Sqrt(g.Add(g.Mul(g.constant(3.0), 5.0), 1.0))
    vector = g.Neg(g.Max(g.constant([1.0, 2.0]), 1.5))
    graph.outputs["y"] = g.Add(g.Mul(x, scale), vector)
    after = dead_code(constant_folding(graph))
    assert sorted(ops(after)) == ["Add", "Constant", "Constant", "Mul"]
    same(graph, after)


def test_a_division_by_zero_is_left_to_the_runtime() -> None:
    graph, g, (x,) = start((2,))
    graph.outputs["y"] = g.Mul(x, g.Div(g.constant(1.0), 0.0))
    same(graph, constant_folding(graph))


def test_inference_mode_has_no_dropout() -> None:
    graph, g, (x,) = start((BATCH, 4))
    graph.outputs["y"] = g.Tanh(g.Dropout(x, rate=0.5))
    assert ops(passes.inference_mode(graph)) == ["Tanh"]


def test_training_mode_reports_what_statistics_become() -> None:
    graph, g, (x,) = start((BATCH, 3))
    scale, bias, mean, variance = (Value(name, DType.FLOAT32, (3,)) for name in ("s", "b", "m", "v"))
    graph.parameters += [scale, bias, mean, variance]
    seed, step = Value("seed", DType.INT64, ()), Value("step", DType.INT64, ())
    once = g.BatchNormalization(x, scale, bias, mean, variance)
    graph.outputs["y"] = g.BatchNormalization(once, scale, bias, mean, variance)
    after, updates = passes.training_mode(graph, seed, step)
    assert set(updates) == {mean, variance}
    assert ops(after).count("BatchNormalizationTraining") == 2
    assert "BatchNormalization" not in ops(after)
    last = updates[mean].node
    assert last is not None
    kept = last.inputs[0].node
    assert kept is not None
    assert kept.inputs[0].node in after.nodes, "the second application starts from the first one's result"


def test_sizes_are_fixed_everywhere() -> None:
    graph, g, (x,) = start((BATCH, 4))
    graph.outputs["y"] = g.Expand(g.Reshape(x, shape=(BATCH * 4, 1)), shape=(BATCH * 4, BATCH))
    after = passes.fix_sizes(graph, {BATCH_SYMBOL: 3})
    assert after.outputs["y"].shape == (12, 3)
    assert after.inputs[0].shape == (3, 4)
    assert graph.inputs[0].shape == (BATCH, 4)
    assert not any(node.op_type == "Shape" for node in emit(after).graph.node)
    same(graph, after)


def test_passes_run_in_linear_time() -> None:
    def prepare(count: int) -> Callable[[], Graph]:
        graph, g, (x,) = start((BATCH, 4))
        for _ in range(count):
            x = g.Tanh(g.Add(g.Mul(x, 2.0), 0.5))
        graph.outputs["y"] = x
        return partial(simplify, graph)

    assert_linear(prepare, 100)


def test_assemblies_are_valid_graphs() -> None:
    small = small_net()
    for net, p in ((small, plan(small, metrics=("accuracy",), clip_norm=1.0)), two_headed()):
        for a in (training_step(net, p, p.only), gradient_step(net, p), scorer(net, p)[0]):
            verify(a.graph)
            verify(legalise(simplify(a.graph)))


def test_origins_survive() -> None:
    graph, _, (x,) = start((BATCH, 4))
    g = Builder(graph, Origin("layer7"))
    graph.outputs["y"] = g.Tanh(g.Identity(x))
    (node,) = simplify(graph).nodes
    assert node.origin.scope == "layer7"
