"""Recurrent networks of `netc[fast]`, and their gradients, against float64 in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fast_run import Array, assert_close, double, run
from sessions import fast_library

torch = pytest.importorskip("torch")
if fast_library() is None:
    pytest.skip("the library of netc[fast] is not built here", allow_module_level=True)

CELLS = {"LSTM": (4, 2), "GRU": (3, 1), "RNN": (1, 1)}
"""Gates and states of each."""

SIZES = [
    # steps, examples, width
    (28, 64, 128),
    (7, 3, 5),
    (3, 2, 1),
    (1, 20, 33),
    (4, 17, 16),
    (3, 50, 70),
    (2, 9, 300),  # weights of more than stays near a core
    (5, 33, 520),
]


class Case:
    """Random numbers for a cell, and what PyTorch makes of them in float64."""

    def __init__(self, op: str, steps: int, examples: int, width: int, reverse: bool, relu: bool = False) -> None:
        gates, states = CELLS[op]
        random = np.random.default_rng(0)
        rows = gates * width
        self.op, self.settings = op, {"reverse": reverse} | ({"relu": relu} if op == "RNN" else {})
        self.product = double(random.standard_normal((steps, examples, rows)))
        self.weights = double(random.standard_normal((rows, width)) * width**-0.5)
        self.bias = double(random.standard_normal(rows))
        self.input_bias = double(random.standard_normal(rows) * (op == "GRU"))  # the others have one bias
        self.starts = [double(random.standard_normal((examples, width))) for _ in range(states)]
        name = ("rnn_relu" if relu else "rnn_tanh") if op == "RNN" else op.lower()
        unit = torch.eye(rows, dtype=torch.float64)  # the product is there already
        turned = self.product.flip(0) if reverse else self.product
        given = tuple(start[None] for start in self.starts)
        weights = (unit, self.weights, self.input_bias, self.bias)
        y, *lasts = getattr(torch, name)(
            turned, given if states > 1 else given[0], weights, True, 1, 0.0, False, False, False
        )
        self.y, self.lasts = (y.flip(0) if reverse else y), [last[0] for last in lasts]
        self.slopes = [random.standard_normal(tuple(value.shape)) for value in (self.y, *self.lasts)]

    @property
    def whole(self) -> list[Array]:
        """What an operator is given but for the states."""
        biases = (self.input_bias, self.bias) if self.op == "GRU" else (self.bias,)
        return [value.detach().numpy() for value in (self.product, self.weights, *biases)]

    def run(self, threads: int) -> list[Array]:
        given = [*self.whole, *(start.detach().numpy() for start in self.starts)]
        return run(f"Fast{self.op}", given, threads, **self.settings)

    def run_gradient(self, made: list[Array], threads: int) -> list[Array]:
        y, *rest = made
        before, *saved = rest[len(self.starts) :]
        weights, *starts = (value.detach().numpy() for value in (self.weights, *self.starts))
        kept = {"LSTM": [*saved, *starts[1:]], "GRU": [*saved, before], "RNN": [y]}[self.op]
        return run(f"Fast{self.op}Gradient", [*self.slopes, weights, *kept], threads, **self.settings)

    def go_back(self) -> None:
        total = 0
        for value, slope in zip((self.y, *self.lasts), self.slopes, strict=True):
            total = total + (value * torch.tensor(slope.astype(np.float32)).double()).sum()
        total.backward()


@pytest.mark.quick(3)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("steps", "examples", "width"), SIZES)
@pytest.mark.parametrize(("op", "relu"), [("LSTM", False), ("GRU", False), ("RNN", False), ("RNN", True)])
def test_all_steps(op: str, relu: bool, steps: int, examples: int, width: int, reverse: bool, threads: int) -> None:
    case = Case(op, steps, examples, width, reverse, relu)
    made = case.run(threads)
    assert_close(made[0], case.y)
    for found, wanted in zip(made[1:], case.lasts, strict=False):
        assert_close(found, wanted)
    before = made[1 + len(case.lasts)]
    order = np.arange(steps)[:: -1 if reverse else 1]
    np.testing.assert_array_equal(before[order[0]], case.starts[0].detach().numpy().astype(np.float32))
    np.testing.assert_array_equal(before[order[1:]], made[0][order[:-1]])

    case.go_back()
    found = case.run_gradient(made, threads)
    dproduct, dsums = found[0], found[1 if op == "GRU" else 0]
    assert_close(dproduct, case.product.grad)
    rows = dsums.reshape(-1, dsums.shape[-1]).astype(np.float64)
    dweights = rows.T @ before.reshape(-1, width).astype(np.float64)
    assert_close(dweights.astype(np.float32), case.weights.grad)
    if op == "GRU":
        assert_close(found[2], case.input_bias.grad)
    assert_close(found[3 if op == "GRU" else 1], case.bias.grad)
    for slope, start in zip(found[-len(case.starts) :], case.starts, strict=True):
        assert_close(slope, start.grad)


@pytest.mark.parametrize("op", CELLS)
def test_one_number_stands_for_all(op: str) -> None:
    case = Case(op, 3, 18, 20, reverse=False)
    half = np.array(0.5, np.float32)
    forward = [run(f"Fast{op}", [*case.whole, *[start] * len(case.starts)]) for start in (half, np.full((18, 20), 0.5))]
    for one, two in zip(*forward, strict=True):
        np.testing.assert_array_equal(one, two)
    case.slopes = [np.full_like(slope, 0.25) for slope in case.slopes]
    wanted = case.run_gradient(forward[0], 1)
    case.slopes = [np.array([[0.25]]) for _ in case.slopes]
    for one, two in zip(wanted, case.run_gradient(forward[0], 1), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("op", CELLS)
@pytest.mark.parametrize("width", [40, 300])
def test_threads_do_not_change_a_bit(op: str, width: int) -> None:
    case = Case(op, 4, 50, width, reverse=True)
    made = case.run(1)
    for one, two in zip([*made, *case.run_gradient(made, 1)], [*case.run(2), *case.run_gradient(made, 2)], strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("op", CELLS)
@pytest.mark.parametrize(("steps", "examples"), [(0, 3), (3, 0)])
def test_nothing_to_go_through(op: str, steps: int, examples: int) -> None:
    """No steps hand states and slopes on as they are; no examples have gradients of nothing."""
    gates, states = CELLS[op]
    state = np.arange(examples * 4, dtype=np.float32).reshape(examples, 4)
    weights, biases = np.ones((gates * 4, 4), np.float32), [np.ones(gates * 4, np.float32)] * (1 + (op == "GRU"))
    made = run(f"Fast{op}", [np.ones((steps, examples, gates * 4)), weights, *biases, *[state] * states])
    y, *rest = made
    assert y.shape == (steps, examples, 4)
    for last in rest[:states]:
        np.testing.assert_array_equal(last, state)
    before, *saved = rest[states:]
    kept: Any = {"LSTM": [*saved, state], "GRU": [*saved, before], "RNN": [y]}[op]
    found = run(f"Fast{op}Gradient", [y, *[state] * states, weights, *kept])
    for slope in found[-states:]:
        np.testing.assert_array_equal(slope, state)
    assert (found[1 if op != "GRU" else 2] == 0).all()


@pytest.mark.parametrize("op", CELLS)
def test_sums_far_from_zero(op: str) -> None:
    """Gates that are wide open or shut are numbers, and so are their gradients."""
    case = Case(op, 3, 5, 24, reverse=False)
    case.product = double(case.product.detach().numpy() * 500)
    made = case.run(2)
    for array in (*made, *case.run_gradient(made, 2)):
        assert np.isfinite(array).all()
