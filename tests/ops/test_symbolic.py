"""Symbolic sizes: one model serves every batch and every map, with what a model of fixed sizes gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from netc.compiler.ir import BATCH, BATCH_SYMBOL, Builder, Dim, DType, Graph, Shape, Symbol, Value, product, substitute
from netc.compiler.ops.slicing import TO_THE_END
from netc.compiler.training.gradient import gradients

from .one_operator import assert_close, evaluator, runtime

HEIGHT, WIDTH = Symbol("H", minimum=8), Symbol("W", minimum=8, divisor=2)
SIZES: list[dict[Symbol, int]] = [
    {BATCH_SYMBOL: 1, HEIGHT: 8, WIDTH: 8},
    {BATCH_SYMBOL: 3, HEIGHT: 11, WIDTH: 10},
    {BATCH_SYMBOL: 2, HEIGHT: 9, WIDTH: 14},
]
Rest = dict[str, Any]


def conv(strides: tuple[int, int], pads: tuple[int, ...], dilations: tuple[int, int] = (1, 1), group: int = 1) -> Rest:
    return {"strides": strides, "pads": pads, "dilations": dilations, "group": group}


def pool(kernel: tuple[int, int], strides: tuple[int, int], pads: tuple[int, ...] = (0, 0, 0, 0)) -> Rest:
    return {"kernel": kernel, "strides": strides, "pads": pads}


def last(g: Builder, x: Value) -> Value:
    """The mean over everything, by way of a reshape."""
    flat = g.Reshape(x, shape=(x.shape[0], product(x.shape[1:])))
    return g.ReduceMean(g.Exp(flat), axes=(0, 1))


NETS: dict[str, Callable[[Builder, Value, Value], Value]] = {
    "stride 1": lambda g, x, w: g.Conv(x, w, **conv((1, 1), (1, 1, 1, 1))),
    "stride 2": lambda g, x, w: g.Conv(x, w, **conv((2, 2), (1, 1, 1, 1))),
    "stride 3, uneven": lambda g, x, w: g.Conv(x, w, **conv((3, 2), (0, 1, 2, 0))),
    "dilation": lambda g, x, w: g.Conv(x, w, **conv((2, 1), (2, 2, 2, 2), (2, 2))),
    "groups": lambda g, x, w: g.Conv(x, g.Slice(w, starts=(0,), stops=(2,), axes=(1,), steps=(1,)),
        **conv((2, 2), (1, 1, 1, 1), group=2)),
    "1x1": lambda g, x, w: g.Conv(x, g.Slice(w, starts=(0, 0), stops=(1, 1), axes=(2, 3), steps=(1, 1)),
        **conv((2, 2), (0, 0, 0, 0))),
    "halving": lambda g, x, w: g.MaxPool(x, **pool((2, 2), (2, 2))),
    "overlap": lambda g, x, w: g.MaxPool(x, **pool((3, 3), (2, 2), (1, 1, 1, 1))),
    "averages": lambda g, x, w: g.AveragePool(x, **pool((3, 2), (2, 2), (1, 0, 1, 0))),
    "averages with padding": lambda g, x, w: g.AveragePool(
        x, **pool((3, 3), (3, 3), (1, 1, 1, 1)), count_include_pad=True),
    "batch norm": lambda g, x, w: g.BatchNormalizationTraining(
        x, g.ReduceSum(w, axes=(0, 2, 3)), g.ReduceMean(w, axes=(0, 2, 3)), epsilon=1e-3)[0],  # type: ignore[index]
    "reversed": lambda g, x, w: g.Slice(x, starts=(-1,), stops=(-TO_THE_END,), axes=(3,), steps=(-1,)),
    "from the second row": lambda g, x, w: g.Slice(x, starts=(1,), stops=(TO_THE_END,), axes=(2,), steps=(1,)),
    "the last rows": lambda g, x, w: g.Slice(x, starts=(-3,), stops=(TO_THE_END,), axes=(2,), steps=(1,)),
    "the last row": lambda g, x, w: g.Slice(x, starts=(-1,), stops=(TO_THE_END,), axes=(2,), steps=(1,)),
    "all but the last row": lambda g, x, w: g.Slice(x, starts=(0,), stops=(-1,), axes=(2,), steps=(1,)),
    "back from the last row but one": lambda g, x, w: g.Slice(x, starts=(-2,), stops=(0,), axes=(2,), steps=(-1,)),
    "slices": lambda g, x, w: g.Slice(x, starts=(1, -2), stops=(x.shape[2] - 1, 1), axes=(2, 3), steps=(2, -3)),
    "largest": lambda g, x, w: g.ReduceMax(g.Concat(x, g.Mul(x, 2.0), axis=2), axes=(2,)),
    "softmax": lambda g, x, w: g.Softmax(x, axis=-1),
    "gather": lambda g, x, w: g.Gather(x, g.constant((1, 0, 1), DType.INT64), axis=2),
    "gather of each": lambda g, x, w: g.GatherEach(
        g.Transpose(x, axes=(0, 2, 1, 3)), g.Expand(g.constant((0, 2, 1), DType.INT64), shape=(x.shape[0], 3))),
    "broadcast": lambda g, x, w: g.Mul(
        x, g.Expand(g.Reshape(g.ReduceSum(w, axes=(0, 2, 3)), shape=(4, 1, 1)), shape=(x.shape[0], 4, 1, 1))),
    "matrix product": lambda g, x, w: g.MatMul(
        g.Transpose(x, axes=(0, 2, 3, 1)), g.ReduceSum(w, axes=(2, 3))),
    "five largest": lambda g, x, w: g.TopK(x, k=5, axis=3)[0],  # type: ignore[index]
}  # fmt: skip


def build(name: str, sizes: dict[Symbol, int]) -> Graph:
    shape: Shape = tuple(substitute(size, sizes) for size in (BATCH, 4, Dim(HEIGHT), Dim(WIDTH)))
    graph = Graph("g", [x := Value("x", DType.FLOAT32, shape)], [w := Value("w", DType.FLOAT32, (4, 4, 3, 3))])
    g = Builder(graph)
    y = NETS[name](g, x, w)
    loss = last(g, y)
    found = gradients(graph, loss, [x, w])
    graph.outputs = {"y": y, "loss": loss, "dx": found[x], "dw": found[w]}
    return graph


@pytest.mark.quick(3)
@pytest.mark.parametrize("name", NETS)
def test_any_size_gives_what_its_fixed_size_gives(name: str) -> None:
    symbolic = build(name, {})
    double = evaluator(symbolic)
    for draw, sizes in enumerate(SIZES):
        random = np.random.default_rng(draw)
        shape = (sizes[BATCH_SYMBOL], 4, sizes[HEIGHT], sizes[WIDTH])
        feeds = {"x": random.uniform(-1, 1, shape), "w": random.uniform(-1, 1, (4, 4, 3, 3))}
        fixed = build(name, sizes)
        expected = evaluator(fixed).run(None, feeds)
        for value, array in zip(symbolic.outputs.values(), expected, strict=True):
            assert tuple(substitute(size, sizes) for size in value.shape) == array.shape
        for exact, single, wanted in zip(double.run(None, feeds), runtime(symbolic, feeds), expected, strict=True):
            assert_close(np.asarray(exact), np.asarray(wanted), 1e-12)
            assert_close(single, np.asarray(wanted), 4e-6)
