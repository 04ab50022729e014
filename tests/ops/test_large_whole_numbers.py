"""Whole numbers beyond 2**31: what a model answers, against numpy's int64."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest

import netc

RNG = np.random.default_rng(0)
A, B = (RNG.integers(-(2**62), 2**62, (50, 24)) >> RNG.integers(0, 62, (50, 24)) for _ in range(2))
CASES = {
    "a -> maximum(b)": np.maximum(A, B),
    "a -> minimum(b)": np.minimum(A, B),
    "a -> maximum(b -> slice(0, 1))": np.maximum(A, B[:, :1]),
    "a -> maximum(arange(24))": np.maximum(A, np.arange(24)),
    "a -> clip(min=0)": np.maximum(A, 0),
    "a -> clip(max=16777219)": np.minimum(A, 16777219),
    "a -> clip(min=-5, max=4294967299)": np.clip(A, -5, 2**32 + 3),
    "a -> sign": np.sign(A),
    "a -> abs": np.abs(A),
    "a -> max": A.max(axis=1),
    "a -> greater(b)": A > B,
    "a -> equal(a + 1)": np.zeros(A.shape, bool),
    "a -> argmax": A.argmax(axis=1),
    "(a -> sign) * b": np.sign(A) * B,
}


@pytest.mark.parametrize("target", ["std", "cpu"])
@pytest.mark.parametrize("flow", CASES)
def test_the_whole_number_is_seen(flow: str, target: str) -> None:
    net = netc.loads(f"net A {{ input a: int [24], b: int [24]\n y = {flow}\n z = b -> identity\n output y, z }}")
    model = netc.compile(net, target=target)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (answers,) = session.run(["y"], {"a": A, "b": B})
    np.testing.assert_array_equal(answers, CASES[flow])
