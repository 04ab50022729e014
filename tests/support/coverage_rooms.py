"""Coverage of lines and branches by room, and whether it is what is promised.

    make coverage

Every folder of tests is run on its own under coverage.py, and so are processes that tests start or fork. A figure is
lines and branches together, of all files of a room, those that no test imports too. The exit status is 1 where one is
below.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DATA = ROOT / "build" / "coverage"
GRADIENT = ("compiler/training/gradient.py", "compiler/training/scan_gradient.py")


@dataclass(frozen=True)
class Room:
    """Files that begin with one of these, and the share of their lines and branches that tests have to reach."""

    name: str
    paths: tuple[str, ...]
    wanted: float | None = None


ROOMS = (
    Room("grammar", ("grammar/",), 95),
    Room("elaboration", ("compiler/elaborate/",), 95),
    Room("operators", ("compiler/ops/",), 95),
    Room("gradient", GRADIENT, 95),
    Room("run folder", ("runtime/folder/",), 95),
    Room("rest of the compiler", ("compiler/",)),
    Room("rest of the runtime", ("runtime/",)),
    Room("command line", ("netc/",)),
)
WHOLE = Room("all", ("",), 88)


@dataclass
class Figure:
    """Lines and branches, how many of them tests reached."""

    there: int = 0
    reached: int = 0

    def add(self, summary: Mapping[str, Any]) -> None:
        """One more file."""
        self.there += summary["num_statements"] + summary["num_branches"]
        self.reached += summary["covered_lines"] + summary["covered_branches"]

    @property
    def share(self) -> float:
        """In percent; cut, not rounded, to a tenth."""
        return self.reached * 1000 // max(1, self.there) / 10


def figures(files: Mapping[str, Any]) -> dict[Room, Figure]:
    """The figure of each room and of the whole: a file counts in the first room that it belongs to."""
    found = {room: Figure() for room in (*ROOMS, WHOLE)}
    for path, facts in files.items():
        room = next((room for room in ROOMS if path.startswith(room.paths)), None)
        if room is not None:
            found[room].add(facts["summary"])
            found[WHOLE].add(facts["summary"])
    return found


def measure(folders: list[str], arguments: list[str]) -> list[str]:
    """Run the tests of each folder, of which coverage.py leaves a file a process; the folders in which one failed."""
    failed = []
    for folder in folders:
        print(folder, flush=True)
        command = [
            sys.executable,
            "-m",
            "coverage",
            "run",
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            *arguments,
            folder,
        ]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(DATA / "data")})
        if done.returncode not in (0, 5):
            failed.append(folder)
    return failed


def summed_up() -> Mapping[str, Any]:
    """What coverage.py says of each file."""
    report = DATA / "report.json"
    env = {**os.environ, "COVERAGE_FILE": str(DATA / "all")}
    for words in (
        ["combine", "--quiet", "--keep", *map(str, DATA.glob("data.*"))],
        ["json", "--quiet", "-o", str(report)],
    ):
        subprocess.run([sys.executable, "-m", "coverage", *words], cwd=ROOT, env=env, check=True)
    found: Mapping[str, Any] = json.loads(report.read_text("utf-8"))["files"]
    return found


def main() -> int:
    """Measure, print the table, and tell whether it holds."""
    parser = argparse.ArgumentParser(description="coverage by room")
    parser.add_argument("folders", nargs="*", help="these tests, on top of what was measured; all of them unless given")
    parser.add_argument("--report", action="store_true", help="of what was measured before, without running tests")
    parser.add_argument("--slow", action="store_true", help="with the tests marked slow")
    given = parser.parse_args()
    failed: list[str] = []
    DATA.mkdir(parents=True, exist_ok=True)
    if not given.report:
        if not given.folders:
            for old in DATA.glob("data.*"):
                old.unlink()
        tests = sorted(
            str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))
        )
        failed = measure(
            given.folders or tests, ["-n", "2", "--dist", "worksteal", *([] if given.slow else ["-m", "not slow"])]
        )
    found = figures(summed_up())
    for room, figure in found.items():
        below = room.wanted is not None and figure.share < room.wanted
        wanted = "" if room.wanted is None else f"of {room.wanted:g} % wanted"
        print(f"{room.name:22} {figure.there:7,}  {figure.share:5.1f} %  {wanted}{'  BELOW' if below else ''}".rstrip())
    for folder in failed:
        print(f"tests of {folder} fail: what they reach says nothing")
    return int(
        bool(failed) or any(room.wanted is not None and figure.share < room.wanted for room, figure in found.items())
    )


if __name__ == "__main__":
    sys.exit(main())
