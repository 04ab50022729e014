"""Graphs of one operator, random inputs for them, and what others make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_rnn import RNN_14
from sessions import session_of
from stages import legalise

from netc.compiler.emit import emit
from netc.compiler.ir import Builder, DType, Graph, Value
from netc.compiler.ops import Sample, all_ops

Array = np.ndarray[Any, Any]

CASES = [(name, index) for name, definition in all_ops().items() for index in range(len(definition.samples))]
"""Every operator with every sample of it."""


def sample_of(name: str, index: int) -> Sample:
    return all_ops()[name].samples[index]


def graph_of(name: str, one: Sample) -> Graph:
    """A graph of this operator alone: inputs x0, x1, …, outputs y0, y1, …"""
    graph = Graph(name)
    dtypes = one.dtypes or (DType.FLOAT32,) * len(one.shapes)
    graph.inputs = [Value(f"x{i}", dtypes[i], shape) for i, shape in enumerate(one.shapes)]
    made = Builder(graph).add(name, graph.inputs, one.attributes)
    graph.outputs = {f"y{i}": value for i, value in enumerate(made)}
    return graph


def inputs_of(name: str, one: Sample, draw: int = 0) -> dict[str, Array]:
    """Random inputs, float64 where the operator takes floats; equal on every run."""
    random = np.random.default_rng([crc32(name.encode()), draw])
    found: dict[str, Array] = {}
    for i, shape in enumerate(one.shapes):
        dtype = one.dtypes[i] if one.dtypes else DType.FLOAT32
        low, high = one.ranges[i] if one.ranges else (-1.0, 1.0)
        if dtype == DType.FLOAT32:
            found[f"x{i}"] = np.asarray(random.uniform(low, high, shape))
        else:
            found[f"x{i}"] = np.asarray(random.integers(int(low), int(high), shape)).astype(dtype.value)
    if name == "MaxPoolGradient":
        pool = Sample(one.shapes[:1], one.attributes)
        (found["x1"],) = reference(graph_of("MaxPool", pool), {"x0": found["x0"]})
    return found


def model_of(graph: Graph, float_type: str) -> onnx.ModelProto:
    return model_of_legal(legalise(graph), float_type)


def model_of_legal(graph: Graph, float_type: str) -> onnx.ModelProto:
    model = emit(graph, float_type=float_type)
    onnx.checker.check_model(model, full_check=True)
    return model


class Erf(OpRun):
    """onnx.reference computes it in float32, whatever its input is."""

    def _run(self, x: Array) -> tuple[Array]:
        return (np.asarray(np.vectorize(math.erf, otypes=[x.dtype])(x)),)


class LayerNormalization(OpRun):
    """onnx.reference computes the statistics in float32, whatever its input is."""

    def _run(
        self, x: Array, scale: Array, bias: Array | float = 0.0, axis: Any = None, epsilon: Any = None,
        stash_type: Any = None,
    ) -> tuple[Array, Array, Array]:  # fmt: skip
        axes = tuple(range(axis, x.ndim))
        mean = np.asarray(x.mean(axes, keepdims=True))
        inverse = np.asarray(1.0 / np.sqrt(((x - mean) ** 2).mean(axes, keepdims=True) + epsilon))
        return (x - mean) * inverse * scale + bias, mean, inverse


class Gelu(OpRun):
    """onnx.reference has constants and the error function in float32, whatever its input is."""

    def _run(self, x: Array, approximate: Any = None) -> tuple[Array]:
        if approximate == "tanh":
            share = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))
        else:
            share = np.vectorize(math.erf, otypes=[x.dtype])(x / math.sqrt(2))
        return (np.asarray(0.5 * x * (1 + share)),)


class ConvTranspose(OpRun):
    """onnx.reference raises on groups: the transpose of a convolution by its definition, one kernel place at a time."""

    def _run(
        self, x: Array, w: Array, auto_pad: Any = None, dilations: Any = None, group: int = 1, kernel_shape: Any = None,
        output_padding: Any = None, output_shape: Any = None, pads: Any = None, strides: Any = None,
    ) -> tuple[Array]:  # fmt: skip
        axes = x.ndim - 2
        windows, kernel = x.shape[2:], w.shape[2:]
        full = [(windows[i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 for i in range(axes)]
        apart = x.reshape(x.shape[0], group, -1, *windows)
        weights = w.reshape(group, -1, *w.shape[1:])
        y = np.zeros((x.shape[0], group, w.shape[1], *(full[i] + output_padding[i] for i in range(axes))))
        for place in np.ndindex(*kernel):
            spots = tuple(
                slice(place[i] * dilations[i], place[i] * dilations[i] + (windows[i] - 1) * strides[i] + 1, strides[i])
                for i in range(axes)
            )
            y[(..., *spots)] += np.einsum("ngi...,gio->ngo...", apart, weights[(..., *place)])
        inner = tuple(slice(pads[i], y.shape[3 + i] - pads[i + axes]) for i in range(axes))
        return (y.reshape(x.shape[0], -1, *y.shape[3:])[(..., *inner)],)


class Scan(OpRun):
    """onnx.reference goes forwards alone: the definition of a Scan along the first axis, in both directions."""

    def need_context(self) -> bool:
        return True

    def _run(self, *args: Any, context: Any = None, num_scan_inputs: int = 0, **_: Any) -> tuple[Array, ...]:
        directions = [*(self.scan_input_directions or ()), *(self.scan_output_directions or ())]
        assert len(set(directions)) == 1, "a Scan of ours goes in one direction"
        states, sequences = list(args[:-num_scan_inputs]), args[len(args) - num_scan_inputs :]
        order = range(len(sequences[0]))[:: -1 if directions[0] else 1]
        results = []
        for at in order:
            given = [*states, *(sequence[at] for sequence in sequences)]
            made = self.body.run(None, {**context, **dict(zip(self.body.input_names, given, strict=True))})
            states = made[: len(states)]
            results.append(made[len(states) :])
        stacked = [np.stack(parts[:: -1 if directions[0] else 1]) for parts in zip(*results, strict=True)]
        return (*states, *stacked)


class RNN(RNN_14):
    """onnx.reference knows no Relu here."""

    def choose_act(self, name: str, alpha: Any, beta: Any) -> Any:
        return (lambda x: np.maximum(x, 0)) if name == "Relu" else super().choose_act(name, alpha, beta)


def reference(graph: Graph, feeds: Mapping[str, Array]) -> list[Array]:
    """What onnx.reference returns in float64."""
    return [np.asarray(y) for y in evaluator(graph).run(None, dict(feeds))]


def evaluator(graph: Graph) -> ReferenceEvaluator:
    """onnx.reference in float64 for a graph."""
    return evaluator_of_legal(legalise(graph))


def evaluator_of_legal(legal: Graph) -> ReferenceEvaluator:
    """The same for one in ONNX's operators."""
    grouped = any(node.op == "ConvTranspose" and node.attributes["group"] > 1 for node in legal.nodes)
    return ReferenceEvaluator(
        model_of_legal(legal, "float64"), new_ops=[Erf, Gelu, LayerNormalization, Scan, RNN, *[ConvTranspose] * grouped]
    )


def runtime(graph: Graph, feeds: Mapping[str, Array], optimized: bool = True) -> list[Array]:
    """What ONNX Runtime returns in float32."""
    session = session_of(model_of(graph, "float32").SerializeToString(), optimize=optimized)
    narrow = {name: x.astype(np.float32) if x.dtype == np.float64 else x for name, x in feeds.items()}
    return list(session.run(None, narrow))


def assert_close(found: Array, expected: Array, tolerance: float) -> None:
    """Equal shapes, and no element off by more than `tolerance` of the largest magnitude."""
    assert found.shape == expected.shape
    if not expected.size:
        return
    if expected.dtype.kind != "f":
        np.testing.assert_array_equal(found, expected)
        return
    scale = max(1e-3, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def weighted_loss(graph: Graph, outputs: Sequence[Value], weights: Sequence[Value]) -> Value:
    """The sum of the outputs' products with weights: its gradients are the operator's for dy = weights."""
    g = Builder(graph)
    total: Value | None = None
    for output, weight in zip(outputs, weights, strict=True):
        term = g.ReduceSum(g.Mul(output, weight), axes=tuple(range(output.rank)))
        total = term if total is None else g.Add(total, term)
    assert total is not None
    return total
