"""How long `netc lint` takes: `python -m bench.lint [--files 1000]`.

The files are the zoo's, as often as it takes to have so many, each under a name of its own in a folder that goes away;
files that they use are there too, once. Measured are a process for all of them, and a process for one: seconds on the
clock, and of processors, the shortest of three runs and of five. The machine should be quiet: it is said how busy it
was.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from netc.runtime.measure.busy import busy_share

ZOO = Path(__file__).resolve().parent.parent / "examples" / "zoo"
ONE = "resnet.net"


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds of one command, on the clock and of all processors together."""

    clock: float
    processors: float


def folder_of(number: int, folder: Path) -> None:
    """Fill a folder with the zoo's files, again and again: those of each round in a folder of their own, beside the
    files that they use."""
    files = sorted(ZOO.glob("*.net"))
    for at in range(number):
        place = folder / f"round{at // len(files)}"
        place.mkdir(exist_ok=True)
        shutil.copy(files[at % len(files)], place)


def taken(*arguments: str) -> Taken:
    """Run `netc lint` in a process of its own."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "netc", "lint", *arguments], capture_output=True, check=False)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Taken(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    """Lint, and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    given = parser.parse_args()
    busy = busy_share(1.0)
    said = "nobody knows how" if busy is None else f"{busy:.0%}"
    one = min((taken(str(ZOO / ONE)) for _ in range(5)), key=lambda each: each.clock)
    with tempfile.TemporaryDirectory() as name:
        folder_of(given.files, Path(name))
        many = min((taken(name) for _ in range(3)), key=lambda each: each.clock)
    for what, found in ((f"{given.files:,} files", many), ("one file", one)):
        print(f"{what}: {found.clock:.2f} s, {found.processors:.2f} s of processors")
    print(f"{os.cpu_count()} processors, {said} busy with other things before")


if __name__ == "__main__":
    main()
