"""What is still to come, against trainings whose every step is known."""

from __future__ import annotations

import io

import pytest

from netc.runtime.folder.progress import Progress
from netc.runtime.show.progress import PlainProgress, left_text
from netc.runtime.show.time_left import Estimate, TimeLeft, duration


def test_steps_of_one_speed_are_foretold_exactly() -> None:
    """2 s a step, 10 steps an epoch, 3 s of measuring, 4 epochs; the first step takes 30 s more."""
    watch, now = TimeLeft(4, 10), 0.0
    now += 32
    assert watch.stepped(now, 0, 1) is None  # one step says nothing yet
    for batch in range(2, 11):
        now += 2
        assert watch.stepped(now, 0, batch) == Estimate(2.0 * (10 - batch), 2.0 * (10 - batch) + 3 * 20)
    now += 3
    assert watch.epoch_ended(now, 1) == 3 * 23
    for epoch in (1, 2, 3):
        for batch in range(1, 11):
            now += 2
            left = watch.stepped(now, epoch, batch)
            assert left == Estimate(2.0 * (10 - batch), pytest.approx(2.0 * (10 - batch) + (3 - epoch) * 23))
        now += 3
        assert watch.epoch_ended(now, epoch + 1) == pytest.approx((3 - epoch) * 23)


def test_a_resumed_epoch_counts_from_where_it_stands() -> None:
    watch = TimeLeft(2, 100)
    assert watch.stepped(1000.0, 1, 81) is None
    assert watch.stepped(1003.0, 1, 82) == Estimate(54.0, 54.0)
    watch = TimeLeft(3, 100)
    watch.stepped(0.0, 0, 91)
    watch.stepped(9.0, 0, 100)
    assert watch.epoch_ended(9.0, 1) == 2 * 100 * 1.0  # the part that was seen is no whole epoch


def test_epochs_of_a_single_step() -> None:
    watch = TimeLeft(5, 1)
    assert watch.stepped(10.0, 0, 1) is None
    assert watch.epoch_ended(11.0, 1) is None
    assert watch.stepped(13.0, 1, 1) == Estimate(0.0, 3 * 2.0)
    assert watch.epoch_ended(14.0, 2) == 3 * 3.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (3.21, "3.2 s"), (9.96, "10 s"), (47.4, "47 s"), (59.6, "1 min 00 s"), (310, "5 min 10 s"),
     (7500, "2 h 05 min"), (3599.7, "1 h 00 min"), (86399.9, "1 d 0 h"), (273600, "3 d 4 h")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_both_are_told_but_in_the_last_epoch() -> None:
    assert left_text(Estimate(8.0, 272.0)) == "8.0 s left, 4 min 32 s in all"
    assert left_text(Estimate(8.0, 8.0)) == "8.0 s left"


def test_long_epochs_have_a_line_a_minute_without_a_terminal() -> None:
    """20 s a step, 9 steps, 3 epochs."""
    now, stream = 0.0, io.StringIO()
    listener = PlainProgress(stream, clock=lambda: now)
    progress = Progress()
    listener.started(progress, 3, 9)
    for epoch in range(3):
        for _ in range(9):
            now += 20
            progress.add({"loss": 0.5}, 4)
            listener.stepped(progress, {"loss": 0.5})
        record = {"epoch": epoch + 1, "step": progress.step, "learning_rate": 0.1, "loss": 0.5, "seconds": 180.0}
        progress.finish_epoch(record)
        listener.epoch_ended(record, improved=False)
    assert stream.getvalue().splitlines() == [
        "epoch 1/3  3/9  loss 0.5000  |  2 min 00 s left, 8 min 00 s in all",
        "epoch 1/3  6/9  loss 0.5000  |  1 min 00 s left, 7 min 00 s in all",
        "epoch 1/3  9/9  loss 0.5000  |  0.0 s left, 6 min 00 s in all",
        "epoch 1/3  loss 0.5000  |  180.0 s  |  6 min 00 s left",
        "epoch 2/3  3/9  loss 0.5000  |  2 min 00 s left, 5 min 00 s in all",
        "epoch 2/3  6/9  loss 0.5000  |  1 min 00 s left, 4 min 00 s in all",
        "epoch 2/3  9/9  loss 0.5000  |  0.0 s left, 3 min 00 s in all",
        "epoch 2/3  loss 0.5000  |  180.0 s  |  3 min 00 s left",
        "epoch 3/3  3/9  loss 0.5000  |  2 min 00 s left",
        "epoch 3/3  6/9  loss 0.5000  |  1 min 00 s left",
        "epoch 3/3  9/9  loss 0.5000  |  0.0 s left",
        "epoch 3/3  loss 0.5000  |  180.0 s",
    ]
