"""Arithmetic of tensors against numpy: sizes are aligned at the last axis of an example, whatever has a batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sessions import session_of

from netc.compiler import compile_inference, initial_weights, load
from tests.support.repairs import errors

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


@pytest.mark.parametrize("text", ["-m", "m + 1", "1 - m", "m * m", "-(x -> greater(than=0))"])
def test_truth_values_alone_are_no_numbers(text: str) -> None:
    (found,) = errors(f"net A {{ input m: bool [4], x: 4; y = {text}; z = x * m; output y, z }}")
    assert (found.code, found.help) == ("E302", "multiply by 1.0 first, which gives 0.0 and 1.0")
    assert "works on numbers, found truth values" in found.message


@pytest.mark.parametrize("layers", ["add(m)", "mul(m)", "sub(m)", "abs", "clip(min=0)", "greater(than=0)", "sum(0)"])
def test_truth_values_are_no_numbers_for_layers_either(layers: str) -> None:
    """Before: shapes that do not fit (E301), and no way out."""
    (found,) = errors(f"net A {{ input m: bool [4]; m -> {layers} }}")
    assert (found.code, found.help) == ("E302", "multiply by 1.0 first, which gives 0.0 and 1.0")
    assert not errors(f"net A {{ input m: bool [4]; v = m * 1.0; v -> {layers.replace('(m)', '(v)')} }}")


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("m -> dense(3)", "multiply by 1.0 first, which gives floating-point numbers"),
        ("m -> add(x)", "multiply by 1.0 whatever holds no floating-point numbers"),
        ("x -> embedding(3, 4)", "declare them as such, as in `input tokens: int 128`"),
        ("x -> one_hot(3)", "declare them as such, as in `input classes: int 4`"),
        ("i -> clip(min=0.5)", "round it, or multiply by 1.0 first"),
        ("x -> where(x, x)", "compare first, as in `x -> greater(than=0)`"),
    ],
)
def test_a_wrong_type_has_a_way_out(text: str, help: str) -> None:
    (found,) = errors(f"net A {{ input m: bool [4], x: 4, i: int 4; y = {text}; output y }}")
    assert (found.code, found.help) == ("E302", help)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.49999999999999994", 0), ("0.5", 1), ("1.5", 2), ("-0.5", 0), ("-1.5", -1), ("4503599627370497", 2**52 + 1)],
)
def test_round_gives_the_nearest_whole_number(text: str, value: int) -> None:
    assert not errors(f"net A {{ input x: 4; expect round({text}) == {value}; dense(1) }}")


@pytest.mark.parametrize("operator", ["==", "!=", "<"])
def test_nothing_is_expected_of_tensors(operator: str) -> None:
    (found,) = errors(f"net A {{ input a: 4, b: 4; expect a {operator} b; a + b }}")
    assert (found.code, found.message) == ("E241", f"`{operator}` does not work on tensors")


def test_what_is_called_is_found_once_however_deep_calls_nest() -> None:
    """Twice at each depth would be 2^60 times at the innermost."""
    flow = "relu -> relu"
    for _ in range(60):
        flow = f"({flow})() -> relu"
    (found,) = errors(f"net A {{ input x: 4; y = x -> ({flow})(); output y }}")
    assert (found.code, found.message) == ("E225", "`chain` has its arguments already")
    (found,) = errors(f"net A {{ input x: 4; y = x -> ({flow.replace('relu -> relu', 'x -> relu')})(); output y }}")
    assert found.code == "E203"
