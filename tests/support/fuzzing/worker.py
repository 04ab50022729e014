"""A process of its own that runs a block of cases, under limits of the system's.

Each case may take 5 s of the processor; the system ends a worker that takes 7. It may not take more than 4 GiB beyond
what the worker began with. Which case it is at is in memory that is shared with the parent, so that a worker that died
still names it.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fuzzing.judge import SECONDS, Failure, judged
from fuzzing.kind import Kind

BEYOND = 4 << 30
AT_MOST = int(SECONDS) + 2
"""Seconds of the processor after which a worker is ended."""
SPACE = "/dev/shm" if os.path.isdir("/dev/shm") else None
"""Where files of cases are written: in memory where there is such a folder."""


@dataclass(slots=True)
class Found:
    """What a block came to: failures by their lines, each with the case it was first met in, and how often."""

    done: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, -1)
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def add(self, seed: int, failure: Failure) -> None:
        """Count a failure."""
        self.failures.setdefault(failure.line, (seed, failure.details))
        self.times[failure.line] = self.times.get(failure.line, 0) + 1


def work(kind: Kind, seeds: range, at: Any, pipe: Connection, log: str) -> None:
    """Run cases and send what was found.

    at   shared: the case that is run, which outlives this process
    log  the file that tracebacks of a process that is ended go to
    """
    with open(log, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    faulthandler.enable()
    faulthandler.register(signal.SIGXCPU, all_threads=False, chain=True)
    _limit_memory()
    with TemporaryDirectory(prefix="fuzz-", dir=SPACE) as place:
        os.chdir(place)
        pipe.send(run(kind, seeds, Path(place), at))
        os.chdir("/")
    pipe.close()
    os._exit(0)  # threads of a library that a case left behind are not waited for


def run(kind: Kind, seeds: range, place: Path, at: Any = None) -> Found:
    """The cases one after another, in this process."""
    found = Found()
    for seed in seeds:
        start = time.process_time()
        if at is not None:
            at.value = seed
            _limit_time(start)
        failure = judged(kind, kind.case(seed), place)
        took = time.process_time() - start
        found.done += 1
        found.seconds += took
        found.slowest = max(found.slowest, (took, seed))
        if failure is not None:
            found.add(seed, failure)
    return found


def died(code: int) -> Failure:
    """What the end of a worker says about its last case."""
    if code == -signal.SIGXCPU:
        return Failure(f"more than {SECONDS:.0f} s of the processor: it does not end")
    if code == -signal.SIGKILL:
        return Failure("killed: it waits, or takes all memory")
    return Failure(f"the process ended with {signal.Signals(-code).name if code < 0 else code}")


def _limit_time(used: float) -> None:
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + AT_MOST + 1, hard))


def _limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + BEYOND, hard))
