"""Mutation testing of gradient rules, losses and metrics: does a test fail for every small mistake in them?

    python tests/support/mutation.py [--only PATH …] [--jobs 2]

Each mutant (`mutants.py`) is put into a process of its own, in the place of its function's code, and the tests that
reach this function are run there until one fails. Which reach it is found by running all tests of its family once.
Those that no test notices are survivors. They are listed in `mutation_survivors.toml` with the reason why they cannot
be noticed; one that is not listed is a hole in the tests, one that is listed and noticed is out of date. Either makes
this fail.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import inspect
import os
import pickle
import re
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NETC_TESTS": "all"}

import pytest  # noqa: E402
from _pytest.runner import runtestprotocol  # noqa: E402
from mutants import Mutant, Source  # noqa: E402

SURVIVORS = Path(__file__).with_name("mutation_survivors.toml")
SECONDS = 60
"""A mutant whose tests take more of a processor never ends."""
MOST = 120
"""So many tests are tried on a mutant: those of every kind, the quickest first."""
WANTED = 0.95


def rules(functions: Mapping[str, Any]) -> list[str]:
    """The gradient rules of operators, and the functions of their file that they call."""
    found = [name for name in functions if name.rpartition(".")[2] == "grad"]
    for name in found:
        words = _words(functions[name])
        own = [other for other in functions if "." not in other or "._" in other]
        found += [other for other in own if other.rpartition(".")[2] in words and other not in found]
    return [name for name in functions if name in found]


def _words(function: Any) -> set[str]:
    called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {getattr(word, "id", getattr(word, "attr", "")) for word in called}


ORACLES = {"formula", "columns", "counts_in", "averaged", "_f1", "_iou", "_samples", "_errors"}


def all_but_formulas(functions: Mapping[str, Any]) -> list[str]:
    """What netc computes by; formulas and samples are what the tests hold it against."""
    return [name for name in functions if name.rpartition(".")[2] not in ORACLES]


@dataclass(frozen=True)
class Family:
    """Files, which of their functions are changed, and the tests that may notice."""

    files: tuple[str, ...]
    functions: Callable[[Mapping[str, Any]], list[str]]
    tests: tuple[str, ...]

    def sources(self) -> list[Source]:
        """The files with something to change."""
        paths = sorted(path for pattern in self.files for path in ROOT.glob(pattern))
        return [source for path in paths if (source := Source(path, self.functions)).functions]


FAMILIES = {
    "rules": Family(
        ("compiler/ops/*.py",),
        rules,
        (
            "tests/ops/test_gradients.py",
            "tests/ops/test_torch.py",
            "tests/ops/test_edges.py",
            "tests/ops/test_short_gradients.py",
            "tests/ops/test_symbolic.py",
            "tests/ops/test_slice_range.py",
            "tests/scan/test_gradients.py",
        ),
    ),
    "reverse": Family(
        ("compiler/training/gradient.py", "compiler/training/scan_gradient.py"),
        all_but_formulas,
        (
            "tests/ops/test_gradients.py",
            "tests/ops/test_short_gradients.py",
            "tests/layers/test_onnx_layer.py",
            "tests/scan",
            "tests/compile/test_gradients.py",
        ),
    ),
    "losses": Family(
        ("compiler/losses/*.py",),
        all_but_formulas,
        (
            "tests/declared/test_losses.py",
            "tests/declared/test_declarations.py",
            "tests/declared/test_weighted_mean.py",
            "tests/data/test_targets_between.py",
            "tests/scan/test_ctc.py",
        ),
    ),
    "metrics": Family(
        ("compiler/metrics/*.py",),
        all_but_formulas,
        ("tests/declared/test_losses.py", "tests/declared/test_declarations.py", "tests/runtime/test_figures.py"),
    ),
}


# ------------------------------------------------------------ functions as they are in memory
def function_of(file: str, name: str) -> Any:
    """The function of a file by its qualified name, without what is wrapped around it."""
    found: Any = importlib.import_module("netc." + file.removesuffix(".py").replace("/", "."))
    for word in name.split("."):
        found = inspect.getattr_static(found, word)
    found = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    return inspect.unwrap(found)


class Session:
    """A pytest session whose tests are collected, and run in children of this process alone."""

    def __init__(self, sources: Sequence[Source], only: Callable[[Mutant], bool], jobs: int) -> None:
        self.sources = sources
        self.only = only
        self.jobs = jobs
        self.results: dict[Mutant, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In the place of pytest's own loop."""
        reach, seconds = self._reaching(session.items)
        waiting = [(source, mutant) for source in self.sources for mutant in source.mutants() if self.only(mutant)]
        running: dict[int, tuple[Mutant, int]] = {}
        for source, mutant in waiting:
            numbers = sorted(reach.get((mutant.file, mutant.function), ()), key=lambda number: seconds[number])
            tests = _of_every_kind([session.items[number] for number in numbers])[:MOST]
            running[self._child(source, mutant, tests)] = mutant, len(tests)
            while len(running) >= self.jobs:
                self._end_one(running)
        while running:
            self._end_one(running)
        return True

    def _reaching(self, items: Sequence[pytest.Item]) -> tuple[dict[tuple[str, str], list[int]], list[float]]:
        """The tests that reach each function, by their numbers, and how long each took."""
        wanted = {
            function_of(source.file, name).__code__: (source.file, name)
            for source in self.sources
            for name in source.functions
        }
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _quiet()
            found = _traced(items, wanted)
            with os.fdopen(writing, "wb") as file:
                pickle.dump(found, file)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as file:
            reach, seconds, failed = pickle.load(file)
        os.waitpid(child, 0)
        assert not failed, f"these fail without any change: {failed}"
        return reach, seconds

    def _child(self, source: Source, mutant: Mutant, items: Sequence[pytest.Item]) -> int:
        child = os.fork()
        if child:
            return child
        _quiet()
        try:
            function = function_of(mutant.file, mutant.function)
            code = source.code(mutant)
            if len(code.co_freevars) != len(function.__code__.co_freevars):
                os._exit(3)
            function.__code__ = code
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            os._exit(0 if all(_passes(item, items[at + 1] if at + 1 < len(items) else None)
                              for at, item in enumerate(items)) else 1)  # fmt: skip
        except BaseException:
            os._exit(1)

    def _end_one(self, running: dict[int, tuple[Mutant, int]]) -> None:
        child, status = os.wait()
        mutant, tests = running.pop(child)
        code = os.waitstatus_to_exitcode(status)
        self.results[mutant] = {0: "survived" if tests else "unreached", 3: "no mutant"}.get(code, "killed")
        if self.results[mutant] in ("survived", "unreached"):
            print(f"{self.results[mutant]} {mutant}", flush=True)


def _of_every_kind(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Tests of one function after another, again and again, each function's in the order given."""
    kinds: dict[str, list[pytest.Item]] = {}
    for item in items:
        kinds.setdefault(item.nodeid.partition("[")[0], []).append(item)
    rounds = zip_longest(*kinds.values())
    return [item for one in rounds for item in one if item is not None]


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def _traced(items: Sequence[pytest.Item], wanted: Mapping[CodeType, tuple[str, str]]) -> tuple[Any, ...]:
    reach: dict[tuple[str, str], list[int]] = {name: [] for name in wanted.values()}
    seconds: list[float] = []
    failed: list[str] = []
    seen: set[CodeType] = set()

    def look(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in wanted:
            seen.add(frame.f_code)

    for number, item in enumerate(items):
        seen.clear()
        start = time.perf_counter()
        sys.setprofile(look)
        passed = _passes(item, items[number + 1] if number + 1 < len(items) else None)
        sys.setprofile(None)
        seconds.append(time.perf_counter() - start)
        if not passed:
            failed.append(item.nodeid)
        for code in seen:
            reach[wanted[code]].append(number)
    return reach, seconds, failed


# ------------------------------------------------------------ what is known of survivors
def explained() -> dict[tuple[str, str, str], str]:
    """Why mutants survive, by file, function and changed statement."""
    entries = tomllib.loads(SURVIVORS.read_text("utf-8")).get("survivor", [])
    return {
        (entry["file"], function, becomes): entry["why"]
        for entry in entries
        for function, found in entry["becomes"].items()
        for becomes in found
    }


def key(mutant: Mutant) -> tuple[str, str, str]:
    """How a mutant is called in the file of survivors."""
    return mutant.file, mutant.function, mutant.becomes


def survivors_in(log: Path) -> set[str]:
    """The mutants that an earlier run printed, without the numbers of their lines."""
    lines = (line.partition(" ") for line in log.read_text("utf-8").splitlines())
    return {_without_line(mutant) for became, _, mutant in lines if became in ("survived", "unreached")}


def _without_line(mutant: str) -> str:
    return re.sub(r"^(\S+):\d+ ", r"\1 ", mutant)


def run(only: Sequence[str], jobs: int, wanted: Callable[[Mutant], bool]) -> dict[Mutant, str]:
    """What became of each mutant: killed, survived, unreached, or no mutant."""
    results: dict[Mutant, str] = {}
    for family in FAMILIES.values():
        sources = [s for s in family.sources() if not only or any(s.file.startswith(path) for path in only)]
        if not sources:
            continue
        session = Session(sources, wanted, jobs)
        arguments = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:logging", "-s", "-m", "not slow"]
        arguments += ["-qq", "--import-mode=importlib", "--rootdir", str(ROOT), "-o", "addopts="]
        found = pytest.main([*arguments, *(str(ROOT / test) for test in family.tests)], plugins=[session])
        assert found == pytest.ExitCode.OK, "the tests cannot be run"
        results |= session.results
    return results


def summary(results: Mapping[Mutant, str]) -> Iterable[str]:
    """A line for each folder."""
    folders = sorted({str(Path(mutant.file).parent) for mutant in results})
    for folder in [*folders, ""]:
        mine = [
            became for mutant, became in results.items() if mutant.file.startswith(folder) and became != "no mutant"
        ]
        killed = mine.count("killed")
        yield f"{folder or 'all':22} {len(mine):6,} mutants, {killed:6,} killed, {killed / max(1, len(mine)):6.1%}"


def main() -> int:
    """Print the survivors and the share of mutants killed; 1 where one is not explained, or too few are killed."""
    parser = argparse.ArgumentParser(description="mutation testing of gradient rules, losses and metrics")
    parser.add_argument("--only", nargs="*", default=[], metavar="PATH", help="these files and folders alone")
    parser.add_argument("--again", type=Path, metavar="LOG", help="those alone that survived in what a run printed")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    again = None if given.again is None else survivors_in(given.again)
    results = run(given.only, given.jobs, lambda mutant: again is None or _without_line(str(mutant)) in again)
    known = explained()
    alive = [mutant for mutant, became in results.items() if became in ("survived", "unreached")]
    unknown = [mutant for mutant in alive if key(mutant) not in known]
    killed = {key(mutant) for mutant, became in results.items() if became == "killed"} - {key(one) for one in alive}
    stale = sorted(known.keys() & killed)
    print("\n".join(summary(results)))
    print(f"{len(alive)} survivors, {len(unknown)} of them without an explanation")
    for mutant in unknown:
        print(f"  {mutant}")
    for file, function, becomes in stale:
        print(f"  explained, but killed: {file} {function}: {becomes}")
    real = [became for became in results.values() if became != "no mutant"]
    return int(bool(unknown or stale) or real.count("killed") < WANTED * len(real))


if __name__ == "__main__":
    sys.exit(main())
