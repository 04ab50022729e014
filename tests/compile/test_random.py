"""Dropout's masks: their statistics, and that nothing but (seed, step, layer, element) decides them."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import onnxruntime
import pytest
from onnx.reference import ReferenceEvaluator
from stages import simplify

from netc.compiler.emit import emit
from netc.compiler.ir import BATCH, Builder, DType, Graph, Origin, Value
from netc.compiler.passes import training_mode
from netc.compiler.passes.random_bits import RandomBits

Array = np.ndarray[Any, Any]
COUNT = 1 << 17


def drawing(scopes: tuple[str, ...], width: int) -> bytes:
    """A model that gives the raw bits of some layers for [N, width] elements."""
    graph = Graph("g", [Value("x", DType.FLOAT32, (BATCH, width)), scalar("seed"), scalar("step")])
    bits = RandomBits(graph, graph.inputs[1], graph.inputs[2])
    for scope in scopes:
        graph.outputs[f"{scope}.out"] = bits.bits(Builder(graph, Origin(scope)), (BATCH, width))
    return bytes(emit(simplify(graph)).SerializeToString())


def scalar(name: str) -> Value:
    return Value(name, DType.INT64, ())


@pytest.fixture(scope="module")
def session() -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(drawing(("drop1", "drop2"), 512), providers=["CPUExecutionProvider"])


def draw(session: onnxruntime.InferenceSession, seed: int = 0, step: int = 0, count: int = COUNT) -> list[Array]:
    feeds = {"x": np.zeros((count // 512, 512), np.float32), "seed": np.array(seed), "step": np.array(step)}
    return [bits.ravel() for bits in session.run(None, feeds)]


STREAMS = [(0, 0), (0, 1), (1, 0), (2**40 + 3, 17), (-5, 2**31 - 1), (123456789, 10**6)]


@pytest.mark.parametrize(("seed", "step"), STREAMS)
def test_a_stream_is_uniform(session: onnxruntime.InferenceSession, seed: int, step: int) -> None:
    for bits in draw(session, seed, step):
        assert bits.min() >= 0
        assert bits.max() < 2**31
        uniform = bits / 2**31
        assert abs(uniform.mean() - 0.5) < 5 / np.sqrt(12 * COUNT)
        assert abs(uniform.var() - 1 / 12) < 5 / np.sqrt(180 * COUNT)
        for cells in (uniform * 256, (bits % 256).astype(float), (uniform * 65536) % 256):
            counts = np.bincount(cells.astype(int), minlength=256)
            chi_square = ((counts - COUNT / 256) ** 2).sum() / (COUNT / 256)
            assert abs(chi_square - 255) < 5 * np.sqrt(2 * 255)


def correlation(a: Array, b: Array) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def test_neighbours_are_uncorrelated(session: onnxruntime.InferenceSession) -> None:
    for seed, step in STREAMS:
        for bits in draw(session, seed, step):
            for lag in (1, 2, 3, 8, 511, 512, 513, 1024):
                assert abs(correlation(bits[lag:], bits[:-lag])) < 5 / np.sqrt(COUNT), (seed, step, lag)


def test_pairs_fill_the_square(session: onnxruntime.InferenceSession) -> None:
    for lag in (1, 2, 512):
        bits = draw(session, 3, 5)[0] >> 26
        counts = np.bincount(bits[lag:] * 32 + bits[:-lag], minlength=1024)
        expected = (COUNT - lag) / 1024
        assert abs(((counts - expected) ** 2).sum() / expected - 1023) < 5 * np.sqrt(2 * 1023)


def test_streams_are_uncorrelated(session: onnxruntime.InferenceSession) -> None:
    """Steps in a row, seeds in a row, layers: each pair, also shifted against each other."""
    count = 1 << 14
    named = [bits for step in range(12) for bits in draw(session, 0, step, count)]
    named += [bits for seed in range(1, 12) for bits in draw(session, seed, 0, count)]
    table = np.corrcoef(np.array(named, float))
    off = np.abs(table[np.triu_indices(len(named), 1)])
    assert off.max() < 5.5 / np.sqrt(count)
    assert abs((off**2).mean() * count - 1) < 0.25
    for lag in range(1, 40):
        assert abs(correlation(named[0][lag:], named[2][:-lag])) < 5 / np.sqrt(count)


def test_every_input_bit_moves_half_of_the_output(session: onnxruntime.InferenceSession) -> None:
    base = draw(session, 0, 0, 1 << 14)[0]
    for bit in range(0, 31, 3):
        for changed in (draw(session, 1 << bit, 0, 1 << 14)[0], draw(session, 0, 1 << bit, 1 << 14)[0]):
            flipped = np.unpackbits((base ^ changed).astype(np.uint32).view(np.uint8)).mean() * 32 / 31
            assert abs(flipped - 0.5) < 0.01


def masking(rate: float) -> Graph:
    graph = Graph("g", [Value("x", DType.FLOAT32, (BATCH, 64)), scalar("seed"), scalar("step")])
    graph.outputs["y"] = Builder(graph, Origin("drop1")).Dropout(graph.inputs[0], rate=rate)
    graph, _ = training_mode(graph, graph.inputs[1], graph.inputs[2])
    return graph


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate: float) -> None:
    model = emit(masking(rate)).SerializeToString()
    ones = np.ones((2048, 64), np.float32)
    feeds = {"x": ones, "seed": np.array(1), "step": np.array(2)}
    (y,) = onnxruntime.InferenceSession(model).run(None, feeds)
    assert set(np.unique(y)) <= {np.float32(0), np.float32(1 / (1 - rate))}
    assert abs((y == 0).mean() - rate) <= 5 * np.sqrt(rate * (1 - rate) / y.size)


def test_the_same_bits_in_every_session() -> None:
    model = emit(masking(0.4))
    feeds = {"x": np.ones((300, 64), np.float32), "seed": np.array(2**45 - 7), "step": np.array(12345)}
    results = [ReferenceEvaluator(model).run(None, feeds)[0]]
    levels = onnxruntime.GraphOptimizationLevel
    for level in (levels.ORT_DISABLE_ALL, levels.ORT_ENABLE_BASIC, levels.ORT_ENABLE_ALL):
        for threads in (1, 2):
            options = onnxruntime.SessionOptions()
            options.graph_optimization_level, options.intra_op_num_threads = level, threads
            results.append(onnxruntime.InferenceSession(model.SerializeToString(), options).run(None, feeds)[0])
    assert all(np.array_equal(result, results[0]) for result in results)


def test_an_example_has_its_mask_whatever_the_batch() -> None:
    session = onnxruntime.InferenceSession(emit(masking(0.5)).SerializeToString())
    sizes = [session.run(None, {"x": np.ones((n, 64), np.float32), "seed": np.array(0), "step": np.array(0)})[0]
             for n in (3, 7)]  # fmt: skip
    assert np.array_equal(sizes[0], sizes[1][:3])


def test_bits_are_what_they_were() -> None:
    """Resuming an old run needs the same masks: this stream must never change."""
    session = onnxruntime.InferenceSession(drawing(("drop1",), 4))
    feeds = {"x": np.zeros((2, 4), np.float32), "seed": np.array(42), "step": np.array(7)}
    found = session.run(None, feeds)[0].ravel().tolist()
    assert found == [1708108635, 11043480, 1930659023, 2027751884, 1719833267, 415396827, 108626301, 2087630082]
    assert found == [by_hand(42, 7, "drop1", element) for element in range(8)]


def by_hand(seed: int, step: int, layer: str, element: int) -> int:
    """The same in plain Python."""

    def mix(x: int, rounds: int) -> int:
        for multiplier, shift in [(0x2C1B3C6D, 15), (0x297A2D39, 13), (0x5BD1E995, 16)][-rounds:]:
            x = x * multiplier % 2**31
            x ^= x >> shift
        return x

    key = crc32(f"{layer}#0".encode()) % 2**31
    base = mix(mix(mix(seed % 2**31, 2) ^ (seed >> 31), 1) ^ step, 2)
    first = mix(base ^ key, 2)
    second = mix(first ^ key, 1)
    return mix(mix(element ^ first, 1) ^ second, 2)
