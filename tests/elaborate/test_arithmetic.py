"""Arithmetic of tensors against numpy: sizes are aligned at the last axis of an example, whatever has a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sessions import session_of

from netc.compiler import compile_inference, initial_weights, load

SHAPES = {"a": (3, 4, 5), "b": (5,), "c": (4, 1), "k": ()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a * b", lambda v: v["a"] * v["b"]),
        ("b - a", lambda v: v["b"] - v["a"]),
        ("a / c + b", lambda v: v["a"] / v["c"] + v["b"]),
        ("2 - a ** 2", lambda v: 2 - v["a"] ** 2),
        ("-a * k", lambda v: -v["a"] * v["k"]),
        ("b + zeros([2, 7, 5]) + 1", lambda v: v["b"] + np.zeros((2, 7, 5), np.float32) + 1),
        ("(a -> relu) * (b -> sigmoid)", lambda v: np.maximum(v["a"], 0) / (1 + np.exp(-v["b"]))),
        ("n * a", lambda v: v["n"] * v["a"]),
        ("n / 2 + k", lambda v: v["n"] / 2 + v["k"]),
        ("n * 0.5", lambda v: v["n"] * 0.5),
    ],
)
def test_against_numpy(text: str, expected: object, tmp_path: Path) -> None:
    declared = ", ".join(
        f"{name}: [{', '.join(map(str, shape))}]" if shape else f"{name}: float" for name, shape in SHAPES.items()
    )
    path = tmp_path / "a.net"
    path.write_text(f"net A {{\n  input {declared}, n: int 5\n  y = {text}\n}}\n")
    net = load(str(path))
    session = session_of(compile_inference(net, initial_weights(net)).model)
    rng = np.random.default_rng(0)
    values = {name: rng.uniform(0.5, 1.5, (2, *shape)).astype(np.float32) for name, shape in SHAPES.items()}
    values["n"] = rng.integers(1, 9, (2, 5))
    given = {port.name: values[port.name] for port in session.get_inputs()}
    (y,) = session.run(["y"], given)
    for example in range(2):
        wanted = expected({name: value[example] for name, value in values.items()})  # type: ignore[operator]
        np.testing.assert_allclose(y[example], wanted, rtol=1e-5)
