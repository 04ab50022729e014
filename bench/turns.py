"""Contenders in processes of their own, which take turns on a quiet machine, window after window.

Who shares a process changes the other: threads that wait by spinning, memory that was freed, caches of the allocator.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.fresh import ROOT
from netc.runtime.measure.busy import QUIET, busy_share

LOOK = 0.1
"""Seconds for which the machine is looked at before a window."""

PARTING = 5.0
"""Seconds that a process has to end by itself."""


@dataclass(frozen=True)
class Contender:
    """`module:function`, which is called with these arguments in a process of its own and returns `window.Prepared`."""

    function: str
    arguments: Mapping[str, Any]


@dataclass
class Taken:
    """What came of the turns, by contender.

    seconds  of a call, a figure a window
    facts    what each told of itself when it was ready
    busy     how many of its windows began though the machine was not quiet
    failed   why it dropped out; the others went on
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """What a row of results keeps of it."""
        losses = {name: facts["first_loss"] for name, facts in self.facts.items() if "first_loss" in facts}
        dropped = {"dropped_out": self.failed} if self.failed else {}
        return {"first_loss": losses, "seconds": self.seconds, "busy_windows": self.busy, **dropped}

    def need(self, prefix: str) -> None:
        """Raises RuntimeError, with what became of all, where nobody whose name begins so is left."""
        if not any(name.startswith(prefix) for name in self.seconds):
            raise RuntimeError("; ".join(f"{name}: {why}" for name, why in self.failed.items()))


class DroppedOutError(Exception):
    """A contender's process failed, ended or did not answer in time."""


class Patience:
    """How many seconds, over all windows, are waited until the machine is quiet."""

    def __init__(self, seconds: float, look: Callable[[float], float | None] = busy_share) -> None:
        self.left = seconds
        self.look = look

    def quiet(self) -> bool:
        """Whether the machine is quiet now, or became so while there was patience."""
        while (share := self.look(LOOK)) is not None and share > QUIET:
            self.left -= LOOK
            if self.left <= 0:
                return False
        return True


def take_turns(
    contenders: Mapping[str, Contender],
    *,
    rounds: int,
    seconds: float,
    threads: int,
    ready: float,
    limit: float,
    patience: float = 0.0,
    look: Callable[[float], float | None] = busy_share,
) -> Taken:
    """Start all, wait until all are ready, then let each run for a window in turn, backwards in every other round.

    seconds   of a window, one call at least
    ready     seconds in which each contender has to be ready, once the one before it is
    limit     seconds in which one has to answer after its window
    patience  seconds to wait, in all, until the machine is quiet before a window
    """
    taken = Taken()
    waiting = Patience(patience, look)
    processes = {name: Process(contender, threads) for name, contender in contenders.items()}
    try:
        for name, process in processes.items():
            try:
                taken.facts[name] = process.answer(ready)
                taken.seconds[name], taken.busy[name] = [], 0
            except DroppedOutError as why:
                taken.failed[name] = str(why)
        for number in range(rounds):
            for name in list(taken.seconds)[:: -1 if number % 2 else 1]:
                busy = not waiting.quiet()
                try:
                    figure = processes[name].window(seconds, limit)
                except DroppedOutError as why:
                    taken.failed[name] = str(why)
                    del taken.seconds[name], taken.busy[name]
                    continue
                taken.seconds[name].append(figure)
                taken.busy[name] += busy
    finally:
        for process in processes.values():
            process.end()
    return taken


class Process:
    """One contender's process, seen from here."""

    def __init__(self, contender: Contender, threads: int) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        command = [sys.executable, "-m", "bench.window", contender.function, json.dumps(dict(contender.arguments))]
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, it is closed by `end`
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
        )  # fmt: skip

    def window(self, seconds: float, limit: float) -> float:
        """Seconds of a call in a window, their median."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{seconds}\n".encode())
        except BrokenPipeError:
            raise DroppedOutError(self._last_words()) from None
        return float(self.answer(seconds + limit))

    def answer(self, limit: float) -> Any:
        """The next answer. Raises DroppedOutError where none comes."""
        assert self.process.stdout is not None
        come, _, _ = select.select([self.process.stdout], [], [], limit)
        if not come:
            raise DroppedOutError(f"no answer after {limit:.0f} s")
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            raise DroppedOutError(self._last_words())
        return json.loads(line)

    def _last_words(self) -> str:
        code = self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().decode("utf-8", "replace").strip().splitlines()
        if code < 0:
            return f"ended by signal {-code}"
        return said[-1][:300] if said else f"ended with exit code {code}"

    def end(self) -> None:
        """End the process, by force where it does not end by itself."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(PARTING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
