"""Twenty steps of every optimizer in ONNX Runtime, on every sample, against PyTorch's in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from optimizer_calls import LINE, checked, made_of

from netc.compiler.declare.arguments import Real, argument
from netc.compiler.declare.samples import Call, Wrong
from netc.compiler.ir import DType, Value
from netc.compiler.optimizers.base import Optimizer, Optimizers, optimizer

torch = pytest.importorskip("torch")

SAMPLES = [call for definition in optimizer.all().values() for call in definition.samples]
ERRORS = [call for definition in optimizer.all().values() for call in definition.errors]
SHAPE = (5, 3)
STEPS = 20


class InTorch:
    """Steps of PyTorch's optimizer in float64, with the learning rate of each."""

    def __init__(self, instance: Optimizer, start: Any) -> None:
        self.parameter = torch.nn.Parameter(torch.from_numpy(start.astype(np.float64)))
        self.optimizer = instance.torch(torch, [self.parameter])

    def step(self, gradient: Any, rate: float) -> Any:
        self.optimizer.param_groups[0]["lr"] = rate
        self.parameter.grad = torch.from_numpy(gradient.astype(np.float64))
        self.optimizer.step()
        return self.parameter.detach().numpy().copy()


class ByFormula:
    """Steps of the optimizer's own formula in float64, where PyTorch has none."""

    def __init__(self, instance: Optimizer, start: Any) -> None:
        self.instance, self.parameter, self.time = instance, start.astype(np.float64), 0
        self.state = tuple(np.zeros_like(self.parameter) for _ in instance.slots())

    def step(self, gradient: Any, rate: float) -> Any:
        self.time += 1
        given = (self.parameter, gradient.astype(np.float64), self.state, rate, self.time)
        self.parameter, self.state = self.instance.formula(*given)
        return self.parameter


def compare(bench: Any, instance: Optimizer) -> None:
    """Steps on gradients of all sizes, with a learning rate that falls."""
    rng = np.random.default_rng(0)
    values = {name: bench.bare(name, *SHAPE) for name in ("weight", "gradient", *instance.slots())}
    for name in ("rate", "time"):
        values[name] = Value(name, DType.FLOAT32, ())
        bench.graph.inputs.append(values[name])
    state = tuple(values[name] for name in instance.slots())
    new, next_state = instance.update(
        bench.g, values["weight"], values["gradient"], state, values["rate"], values["time"]
    )
    assert len(next_state) == len(instance.slots())
    outputs = {"weight": new, **dict(zip(instance.slots(), next_state, strict=True))}

    start = rng.normal(size=SHAPE).astype(np.float32)
    theirs = (InTorch if instance.torch_lacks is None else ByFormula)(instance, start)
    held = {"weight": start, **{name: np.zeros(SHAPE, np.float32) for name in instance.slots()}}
    for step in range(STEPS):
        gradient = (rng.normal(size=SHAPE) * 10.0 ** rng.integers(-4, 2, SHAPE)).astype(np.float32)
        rate = float(np.float32(instance.lr * (1 - step / (2 * STEPS))))
        expected = theirs.step(gradient, rate)
        before = held["weight"]
        scalars = {"rate": np.array(rate, np.float32), "time": np.array(step + 1, np.float32)}
        held = bench.run(outputs, {**held, "gradient": gradient, **scalars})
        moved = np.abs(held["weight"] - before).max()
        np.testing.assert_allclose(held["weight"], expected, rtol=1e-6, atol=max(2e-6 * moved, 1e-7))
    assert np.abs(held["weight"] - start).max() > 1e-3


@pytest.mark.quick(4)
@pytest.mark.parametrize("call", SAMPLES, ids=str)
def test_twenty_steps(bench: Any, call: Call) -> None:
    compare(bench, made_of(call))


@pytest.mark.parametrize("call", ERRORS, ids=str)
def test_a_wrong_call_is_told(call: Wrong) -> None:
    (finding,) = checked(call).diagnostics
    said = [finding.message, finding.primary.message if finding.primary else "", finding.help or ""]
    assert finding.code == call.code, said
    assert all(any(words in text for text in said) for words in call.says), said
    assert finding.primary is not None
    assert finding.primary.span.line == LINE


@pytest.mark.parametrize("word", optimizer.all())
def test_the_samples_use_every_argument(word: str) -> None:
    definition = optimizer.all()[word]
    used = {
        name
        for call in definition.samples
        for name, value in made_of(call).settings().items()
        if definition.arguments[name].required or value != definition.arguments[name].default
    }
    assert used == set(definition.arguments)


def test_bias_correction_is_exact_in_float32(bench: Any) -> None:
    """1 - 0.999**t loses four digits when it is computed as it is written."""
    from netc.compiler.optimizers.bias import one_minus_power

    time = Value("time", DType.FLOAT32, ())
    bench.graph.inputs.append(time)
    y = one_minus_power(bench.g, 0.999, time)
    for t in (1, 2, 10, 1000, 100_000, 10_000_000):
        found = bench.run(y, {"time": np.array(t, np.float32)})
        assert found == pytest.approx(1 - 0.999**t, rel=1e-6)


TIMES = (1, 2, 5, 6, 30, 1000, 10_000, 1_000_000)


@pytest.mark.parametrize(("beta1", "momentum_decay"), [(0.9, 4e-3), (0.99, 4e-3), (0.9, 1.0)])
def test_the_product_of_nadams_momenta(bench: Any, beta1: float, momentum_decay: float) -> None:
    """A closed form stands for the product, against the product itself."""
    from netc.compiler.optimizers.nadam import NAdam

    time = Value("time", DType.FLOAT32, ())
    bench.graph.inputs.append(time)
    y = NAdam(beta1=beta1, momentum_decay=momentum_decay)._product(bench.g, time)
    product, expected = 1.0, {}
    for t in range(1, 1001):
        product *= beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
        expected[t] = product
    for t in (t for t in TIMES if t in expected):
        assert bench.run(y, {"time": np.array(t, np.float32)}) == pytest.approx(expected[t], rel=1e-5, abs=1e-30)


@pytest.mark.parametrize("beta2", [0.9, 0.999, 0.9999])
def test_the_length_of_radams_average(bench: Any, beta2: float) -> None:
    from fractions import Fraction

    from netc.compiler.optimizers.radam import RAdam

    time = Value("time", DType.FLOAT32, ())
    bench.graph.inputs.append(time)
    exact = Fraction(beta2)
    longest = 2 / (1 - exact) - 1
    y = RAdam(beta2=beta2)._length(bench.g, float(longest), time)
    for t in (1, 2, 3, 4, 5, 6, 7, 30, 200):
        expected = longest - 2 * t * exact**t / (1 - exact**t)
        assert bench.run(y, {"time": np.array(t, np.float32)}) == pytest.approx(float(expected), rel=1e-6)


# ---------------------------------------------------------------- what a declaration has to say
class Signs(Optimizer):
    """w = w - lr * sign(m), m = beta * m + g."""

    lr: float = argument(Real(0), "the learning rate", default=0.01)
    beta: float = argument(Real(0), "how much of the sum is kept", default=0.5)
    samples = (Call("signs"),)
    errors = (Wrong("signs(-1)", code="E224", says="at least 0"),)
    torch_lacks = "PyTorch has no steps by signs"

    def slots(self) -> tuple[str, ...]:
        return ("sum",)

    def update(self, g: Any, parameter: Any, gradient: Any, state: Any, rate: Any, time: Any) -> Any:
        total = g.Add(g.Mul(state[0], self.beta), gradient)
        return g.Sub(parameter, g.Mul(g.Sign(total), rate)), (total,)

    def formula(self, parameter: Any, gradient: Any, state: Any, rate: float, time: int) -> Any:
        total = gradient + self.beta * state[0]
        return parameter - rate * np.sign(total), (total,)


def test_what_pytorch_lacks_is_compared_with_its_formula(bench: Any) -> None:
    compare(bench, Signs())


class Wide(Signs):
    """Signs whose graph says something else than the formula."""

    def update(self, g: Any, parameter: Any, gradient: Any, state: Any, rate: Any, time: Any) -> Any:
        return super().update(g, parameter, gradient, state, g.Mul(rate, 1.00001), time)


class Late(optimizer.all()["adam"]):  # type: ignore[misc]
    """Adam that counts its steps from 2."""

    def update(self, g: Any, parameter: Any, gradient: Any, state: Any, rate: Any, time: Any) -> Any:
        return super().update(g, parameter, gradient, state, rate, g.Add(time, 1.0))


@pytest.mark.parametrize("wrong", [Wide(), Late()], ids=lambda one: type(one).__name__)
def test_a_step_that_is_wrong_is_noticed(bench: Any, wrong: Optimizer) -> None:
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        compare(bench, wrong)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"samples": ()}, "optimizer signs has 0 samples, and needs at least 1"),
        ({"errors": ()}, "optimizer signs has 0 errors, and needs at least 1"),
        ({"samples": (Call("sgd(0.1)"),)}, r"optimizer signs has a sample or an error of `sgd\(0.1\)`"),
        ({"torch_lacks": None}, "optimizer signs doesn't declare torch"),
        ({"formula": Optimizer.formula}, "optimizer signs doesn't declare torch or formula"),
    ],
)
def test_what_is_missing_is_refused_at_import(changed: dict[str, Any], message: str) -> None:
    registry = Optimizers("optimizer", "", samples=1, errors=1, declares=("update", "torch | formula"))
    with pytest.raises(AssertionError, match=message):
        registry("signs")(type("Signs", (Signs,), {"__doc__": "Signs.", **changed}))
    assert registry("signs")(Signs).word == "signs"
