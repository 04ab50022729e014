"""Learning rates against PyTorch's schedulers."""

from __future__ import annotations

import warnings

import pytest

from netc.compiler.schedules.base import schedule

torch = pytest.importorskip("torch")
lr_scheduler = torch.optim.lr_scheduler


def torch_rates(make, steps, base=0.2):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimizer)
    rates = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return rates


def rates(word, epochs, steps_per_epoch, base=0.2, **given):
    instance = schedule.all()[word](**given)
    return [instance.rate(base, step, steps_per_epoch, epochs) for step in range(epochs * steps_per_epoch)]


def test_constant():
    assert rates("constant", 3, 4) == [0.2] * 12


def test_step():
    found = rates("step", 10, 1, every=3.0, factor=0.1)
    assert found == pytest.approx(torch_rates(lambda o: lr_scheduler.StepLR(o, 3), 10))


def test_step_holds_through_an_epoch():
    assert rates("step", 4, 2, every=2.0, factor=0.5) == pytest.approx([0.2] * 4 + [0.1] * 4)


@pytest.mark.parametrize("end", [0.0, 0.25])
def test_cosine_moves_with_each_step(end):
    found = rates("cosine", 5, 4, end=end)
    assert found == pytest.approx(torch_rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.2 * end), 20))


def test_warm_up_is_linear_and_cosine_starts_after_it():
    found = rates("cosine", 6, 4, warmup=1.0)
    assert found[:4] == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert found[4:] == pytest.approx(torch_rates(lambda o: lr_scheduler.CosineAnnealingLR(o, 20), 20))


def test_warm_up_of_part_of_an_epoch():
    assert rates("constant", 1, 4, warmup=0.5) == pytest.approx([0.1, 0.2, 0.2, 0.2])


def test_training_that_is_all_warm_up():
    assert rates("cosine", 2, 2, warmup=2.0) == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert rates("cosine", 1, 2, warmup=4.0) == pytest.approx([0.025, 0.05])
