"""Blocks of cases, one after another and beside each other: which kind is next, and what became of the last."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from fuzzing.kind import Kind
from fuzzing.worker import Found, died, work

FIRST, BLOCK_SECONDS, MOST = 20, 5.0, 20_000
STUCK = 180.0
"""Seconds without another case after which a worker is taken for one that waits."""


@dataclass(slots=True)
class Row:
    """What is known of a kind so far; `next` is the case it goes on with, `end` the one that is left."""

    kind: Kind
    next: int
    end: int | None
    found: Found = field(default_factory=Found)
    busy: int = 0

    def block(self) -> range:
        """The cases to run next: as many as take five seconds."""
        rate = self.found.done / self.found.seconds if self.found.seconds else 0.0
        count = max(1, min(MOST, int(rate * BLOCK_SECONDS))) if self.found.done else FIRST
        start, self.next = self.next, min(self.next + count, self.end if self.end is not None else self.next + count)
        return range(start, self.next)

    def take(self, found: Found) -> None:
        """Add what a block came to."""
        mine = self.found
        mine.done += found.done
        mine.seconds += found.seconds
        mine.slowest = max(mine.slowest, found.slowest)
        for line, first in found.failures.items():
            mine.failures.setdefault(line, first)
            mine.times[line] = mine.times.get(line, 0) + found.times[line]

    @property
    def left(self) -> bool:
        """Whether there are cases to run."""
        return self.end is None or self.next < self.end


@dataclass(slots=True)
class Job:
    """A worker at a block."""

    row: Row
    seeds: range
    process: Any
    pipe: Any
    at: Any
    log: Path
    seen: int = -1
    since: float = 0.0


def run(rows: list[Row], jobs: int, until: float, logs: Path, tell: Callable[[], None]) -> None:
    """Run blocks until a time of `time.monotonic`, or until no case is left; rows know then what was found."""
    working: list[Job] = []
    number = 0
    while True:
        while len(working) < jobs and time.monotonic() < until and (row := _next(rows)) is not None:
            number += 1
            working.append(_started(row, logs / f"{number}.log"))
        if not working:
            return
        wait([job.process.sentinel for job in working] + [job.pipe for job in working], timeout=1.0)
        for job in list(working):
            if _ended(job):
                working.remove(job)
                job.row.busy -= 1
        tell()


def _next(rows: list[Row]) -> Row | None:
    """The kind that had the least of its share of the time."""
    left = [row for row in rows if row.left]
    return min(left, key=lambda row: (row.found.seconds + BLOCK_SECONDS * row.busy) / row.kind.share, default=None)


def _started(row: Row, log: Path) -> Job:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    seeds, at = row.block(), context.Value("q", -1, lock=False)
    process = context.Process(target=work, args=(row.kind, seeds, at, theirs, str(log)))
    process.start()
    theirs.close()
    row.busy += 1
    return Job(row, seeds, process, ours, at, log, since=time.monotonic())


def _ended(job: Job) -> bool:
    """Whether a worker has ended; what it found is in its row then. One that is stuck is killed."""
    if job.pipe.poll():
        try:
            job.row.take(job.pipe.recv())
        except EOFError:
            _take_death(job)
        job.process.join()
    elif not job.process.is_alive():
        _take_death(job)
    else:
        if job.at.value != job.seen:
            job.seen, job.since = job.at.value, time.monotonic()
        elif time.monotonic() - job.since > STUCK:
            job.process.kill()
        return False
    job.pipe.close()
    job.log.unlink(missing_ok=True)
    return True


def _take_death(job: Job) -> None:
    """A worker died at a case: that is a failure, and those after it are run by another one."""
    job.process.join()
    seed = max(job.at.value, job.seeds.start)
    found = Found(done=seed + 1 - job.seeds.start)
    found.seconds = 0.001 * found.done
    details = job.log.read_text(errors="replace")[-6000:] if job.log.exists() else ""
    failure = died(job.process.exitcode or 0)
    found.add(seed, type(failure)(f"{failure.line}{_where(details)}", details))
    job.row.take(found)
    if job.row.next == job.seeds.stop:
        job.row.next = seed + 1


def _where(details: str) -> str:
    """The line of netc that a process was at when it was ended, from its own last words."""
    lines = [line.strip() for line in details.splitlines() if line.strip().startswith("File ")]
    own = next((line for line in lines if "/netc/" in line), lines[0] if lines else "")
    return f", in {own.split('/netc/')[-1]}" if own else ""


def shown(rows: list[Row]) -> Iterator[str]:
    """The table: kind, cases, failures, the slowest case, cases a second."""
    yield f"{'kind':<13}{'cases':>11}{'findings':>10}{'slowest':>18}{'a second':>10}"
    for row in rows:
        found = row.found
        slowest = f"{found.slowest[0]:.2f} s of {found.slowest[1]}" if found.done else ""
        rate = found.done / found.seconds if found.seconds else 0.0
        yield f"{row.kind.name:<13}{found.done:>11,}{len(found.failures):>10}{slowest:>18}{rate:>10,.0f}"
    done, failed = sum(row.found.done for row in rows), sum(len(row.found.failures) for row in rows)
    yield f"{'all':<13}{done:>11,}{failed:>10}"
