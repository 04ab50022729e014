"""Schedules at fractions of an epoch: each is a function of the whole step number, and warm-up stays below the base."""

from __future__ import annotations

import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import netc
from netc.compiler import override
from netc.compiler.schedules.base import Schedule, exact, schedule
from netc.grammar.diagnostics import DiagnosticError

BASE = 0.3
STEPS_PER_EPOCH = [1, 2, 3, 7, 10, 12, 47]
OTHER = {"every": 2, "factor": 0.5, "ratio": 0.5, "at": [1, 2]}


def arguments_in_epochs(word: str) -> list[str]:
    """The arguments of a schedule that are lengths of time."""
    return [name for name, spec in schedule.all()[word].arguments.items() if "epochs" in spec.doc]


def times(value: Any, factor: float) -> Any:
    """A length of time, or several of them, so many times as long."""
    if isinstance(value, dict):
        return {name: times(item, factor) for name, item in value.items()}
    return [times(item, factor) for item in value] if isinstance(value, list) else value * factor


def made(word: str, **given: Any) -> Schedule:
    definition = schedule.all()[word]
    needed = {name: OTHER[name] for name, spec in definition.arguments.items() if spec.required}
    return definition(**{**needed, **given})


def rates(one: Schedule, epochs: int, steps_per_epoch: int, base: float = BASE) -> list[float]:
    return [one.rate(base, step, steps_per_epoch, epochs) for step in range(epochs * steps_per_epoch)]


@pytest.mark.quick(6)
@pytest.mark.parametrize("steps_per_epoch", STEPS_PER_EPOCH)
@pytest.mark.parametrize("word", list(schedule.all()))
def test_only_whole_steps_count(word: str, steps_per_epoch: int) -> None:
    """So many steps in an epoch, and arguments of k steps, are what one step in an epoch and k epochs are."""
    for steps in range(1, 3 * steps_per_epoch, max(1, steps_per_epoch // 9)):
        for name in arguments_in_epochs(word):
            one = [steps] if name == "at" else steps
            others = {other: OTHER.get(other, 0) for other in arguments_in_epochs(word)}
            in_fractions = made(word, **{**others, name: times(one, 1 / steps_per_epoch)})
            in_steps = made(word, **{**times(others, steps_per_epoch), name: one})
            found = rates(in_fractions, 3, steps_per_epoch)
            assert found == pytest.approx(rates(in_steps, 3 * steps_per_epoch, 1), rel=1e-12), (name, steps)


@pytest.mark.parametrize("word", list(schedule.all()))
@pytest.mark.parametrize("warmup", [0.0, 1e-9, 0.001, 0.1, 0.3, 1 / 3, 0.5, 0.7, 1.0, 1.1, 2.5, 3.0])
def test_warm_up_rises_and_never_exceeds_the_base_rate(word: str, warmup: float) -> None:
    for steps_per_epoch in STEPS_PER_EPOCH:
        found = rates(made(word, warmup=warmup), 3, steps_per_epoch)
        assert max(found) <= BASE
        assert min(found) > 0 or word == "cosine"
        rising = [rate for step, rate in enumerate(found) if step + 1 <= Fraction(warmup) * steps_per_epoch]
        assert rising == pytest.approx([BASE * (step + 1) / (warmup * steps_per_epoch) for step in range(len(rising))])


def test_warm_up_of_one_and_a_half_steps() -> None:
    assert rates(made("constant", warmup=0.5), 1, 3, base=1.0) == pytest.approx([2 / 3, 1, 1])


@pytest.mark.parametrize(
    ("every", "steps_per_epoch", "steps"),
    [
        (0.1, 10, 1),
        (0.1, 100, 10),
        (0.3, 10, 3),
        (0.7, 10, 7),
        (1 / 3, 3, 1),
        (5 / 6, 6, 5),
        (0.1 + 0.2, 10, 3),
        (2.1, 10, 21),
    ],
)
def test_step_falls_where_pytorchs_does(every: float, steps_per_epoch: int, steps: int) -> None:
    expected = torch_rates(lambda torch, optimizer: torch.StepLR(optimizer, steps, gamma=0.5), 8 * steps_per_epoch)
    assert rates(made("step", every=every, factor=0.5), 8, steps_per_epoch) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("warmup", "steps"), [(0.3, 3), (0.7, 7), (1.1, 11), (2.9, 29)])
def test_cosine_after_a_fraction_of_an_epoch_is_pytorchs(warmup: float, steps: int) -> None:
    found = rates(made("cosine", warmup=warmup), 3, 10)
    expected = torch_rates(lambda torch, optimizer: torch.CosineAnnealingLR(optimizer, 30 - steps), 30 - steps)
    assert found[steps:] == pytest.approx(expected, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "made_in_torch"),
    [
        (
            ("cosine", {"restarts": 1, "growth": 3}),
            lambda torch, optimizer: torch.CosineAnnealingWarmRestarts(optimizer, T_0=10, T_mult=3),
        ),
        (
            ("cosine", {"restarts": 3, "end": 0.1}),
            lambda torch, optimizer: torch.CosineAnnealingWarmRestarts(optimizer, T_0=10, eta_min=0.1 * BASE),
        ),
        (("polynomial", {"power": 1.5}), lambda torch, optimizer: torch.PolynomialLR(optimizer, 40, power=1.5)),
        (("linear", {"end": 0.25}), lambda torch, optimizer: torch.LinearLR(optimizer, 1, 0.25, total_iters=40)),
        (("exponential", {"factor": 0.5}), lambda torch, optimizer: torch.ExponentialLR(optimizer, 0.5**0.1)),
        (("multistep", {"at": [0.3, 2.1]}), lambda torch, optimizer: torch.MultiStepLR(optimizer, [3, 21])),
        (
            ("one_cycle", {"rise": 0.3}),
            lambda torch, optimizer: torch.OneCycleLR(optimizer, max_lr=BASE, total_steps=41, pct_start=13 / 41),
        ),
    ],
)
def test_forty_rates_are_pytorchs(call: Any, made_in_torch: Any) -> None:
    """PyTorch's one cycle counts to the last step, ours to the end of it: 40 steps are the first of its 41."""
    word, arguments = call
    assert rates(made(word, **arguments), 4, 10) == pytest.approx(torch_rates(made_in_torch, 40), rel=1e-9, abs=1e-12)


def torch_rates(make: Any, steps: int) -> list[float]:
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return found


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (0.1, Fraction(1, 10)),
        (5 / 6, Fraction(5, 6)),
        (0.1 + 0.2, Fraction(3, 10)),
        (90.0, Fraction(90)),
        (0, Fraction(0)),
    ],
)
def test_what_a_number_of_epochs_means(given: float, meant: Fraction) -> None:
    assert exact(given) == meant


def test_a_number_that_is_no_simple_fraction_stays_what_it_is() -> None:
    assert exact(1e-9) == Fraction(1e-9)


@pytest.mark.parametrize(
    ("warmup", "epochs", "fits"), [(2.0, 2, True), (0.1 + 0.2, 1, True), (2.5, 2, False), (9, 1, False)]
)
def test_a_warm_up_longer_than_the_training(warmup: float, epochs: int, fits: bool) -> None:
    for word in schedule.all():
        assert (made(word, warmup=warmup).misfit(epochs) is None) == fits


def test_replaced_epochs_are_compared_with_the_warm_up(tmp_path: Path) -> None:
    file = tmp_path / "a.net"
    file.write_text(
        "net A { input x: 4\n y = dense(2) }\ntrain A { loss = mse(y, t); schedule = cosine(warmup=5); epochs = 20 }"
    )
    net = netc.load(file)
    with pytest.raises(DiagnosticError) as caught:
        override(net.plan(), epochs=4)
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.message) == ("E416", "a warm-up of 5 epochs does not end in a training of 4")
    assert override(net.plan(), epochs=5, lr=0.5).epochs == 5
    rows = {"x": np.zeros((4, 4), np.float32), "t": np.zeros((4, 2), np.float32)}
    with pytest.raises(DiagnosticError, match="E416"):
        netc.Trainer(netc.Model(net, device="cpu")).fit(rows, epochs=1)


@pytest.mark.parametrize("text", ["step(every=1e-9, factor=2)", "exponential(factor=1e9, every=1e-3)"])
def test_a_rate_that_grows_past_all_numbers_is_refused(text: str) -> None:
    train = f"train A {{ loss = mse(y, t); schedule = {text}; epochs = 6 }}"
    with pytest.raises(DiagnosticError, match="grows past all numbers in a training of 6 epochs") as caught:
        netc.loads(f"net A {{ input x: 4\n y = dense(2) }}\n{train}")
    assert caught.value.diagnostics[0].code == "E416"


@pytest.mark.quick(1)
@pytest.mark.parametrize("growth", [0.5, 1.1, 3.0])
def test_many_restarts_begin_where_their_periods_end(growth: float) -> None:
    one, restarts, epochs, steps = made("cosine", restarts=300, growth=growth), 300, 10, 200
    lengths = np.array([growth**number for number in range(restarts + 1)])
    ends = np.concatenate([[0], np.cumsum(lengths / lengths.sum())])
    for step, rate in enumerate(rates(one, epochs, steps)):
        share = step / (epochs * steps)
        at = int(np.searchsorted(ends, share, side="right")) - 1
        if min(abs(share - ends[at]), abs(ends[at + 1] - share)) < 1e-9:
            continue  # a float can't say on which side of the end it is
        within = (share - ends[at]) / (ends[at + 1] - ends[at])
        assert rate == pytest.approx(BASE * (1 + np.cos(np.pi * within)) / 2, abs=1e-5)
