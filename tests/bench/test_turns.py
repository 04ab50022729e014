"""Turns of processes: their order, what they leave behind, and what happens to those that fail."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from bench import turns
from bench.turns import Contender, Patience, Taken, take_turns
from bench.window import timed

FAKES = "tests.bench.fake_contenders"


def steady(name: str, log: Path, figure: float = 1.0) -> Contender:
    return Contender(f"{FAKES}:steady", {"name": name, "log": str(log), "figure": figure})


def take(contenders: dict[str, Contender], rounds: int = 2, limit: float = 60.0, busy: float = 0.0) -> Taken:
    return take_turns(
        contenders, rounds=rounds, seconds=0.0, threads=1, ready=60.0, limit=limit, look=lambda seconds: busy
    )


def test_they_take_turns_backwards_in_every_other_round(tmp_path: Path) -> None:
    log = tmp_path / "log"
    taken = take({name: steady(name, log, figure) for name, figure in (("a", 1.0), ("b", 2.0), ("c", 3.0))})
    assert log.read_text() == "abccba"
    assert taken.seconds == {"a": [1.0, 1.0], "b": [2.0, 2.0], "c": [3.0, 3.0]}
    assert taken.as_row() == {
        "first_loss": dict.fromkeys("abc", 2.5),
        "seconds": taken.seconds,
        "busy_windows": dict.fromkeys("abc", 0),
    }


@pytest.mark.slow
def test_who_fails_is_named_and_the_others_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PARTING", 0.1)
    contenders = {
        "not ready": Contender(f"{FAKES}:not_ready", {}),
        "killed": Contender(f"{FAKES}:killed", {"after": 1}),
        "stuck": Contender(f"{FAKES}:stuck", {}),
        "steady": steady("s", tmp_path / "log"),
    }
    taken = take(contenders, limit=1.0)
    assert taken.failed == {
        "not ready": "MemoryError: too large", "killed": "ended by signal 9", "stuck": "no answer after 1 s",
    }  # fmt: skip
    assert taken.seconds == {"steady": [1.0, 1.0]}
    assert taken.as_row()["dropped_out"] == taken.failed
    taken.need("steady")
    with pytest.raises(RuntimeError, match="not ready: MemoryError: too large; "):
        taken.need("killed")


def test_windows_on_a_busy_machine_are_counted(tmp_path: Path) -> None:
    assert take({"a": steady("a", tmp_path / "log")}, busy=0.5).busy == {"a": 2}


def test_patience_is_shared_by_all_windows() -> None:
    shares = itertools.chain([0.9, 0.9, 0.0], itertools.repeat(0.9))
    waiting = Patience(0.45, lambda seconds: next(shares))
    assert waiting.quiet()  # after it looked three times
    assert not waiting.quiet()
    assert waiting.left <= 0
    assert Patience(0.0, lambda seconds: None).quiet()  # the system does not tell


def test_a_window_of_short_calls_begins_with_one_that_does_not_count() -> None:
    calls: list[int] = []
    prepared = timed(lambda: calls.append(1), {"first_loss": 1.0})
    assert len(calls) == 2
    assert prepared.window(0.0) >= 0
    assert len(calls) == 3
    assert prepared.window(1e-3) < 1e-3
    assert len(calls) > 5
