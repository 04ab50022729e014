"""The command: kinds of cases for some minutes, a table of what was run, and every failure with its bytes."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from fuzzing import blocks
from fuzzing.judge import judged
from fuzzing.kind import Kind
from fuzzing.kinds import FAMILIES, all_kinds, chosen
from fuzzing.smaller import smaller_elsewhere
from fuzzing.worker import SPACE


def main() -> int:
    """The exit status is 1 where a case failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzzing", description="random cases for everything that is read")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--cases", help="so many of each kind, however long that takes: 500, or texts=60,nets=4")
    parser.add_argument("--kinds", default="", help="kinds and families, with commas between them")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first case")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--save", type=Path, default=Path("runs/fuzz"), help="where the bytes of failures go")
    parser.add_argument("--replay", nargs=2, metavar=("KIND", "SEED|FILE"), help="run one case, here")
    given = parser.parse_args()
    if given.replay:
        return replay(all_kinds()[given.replay[0]], given.replay[1])
    counts = _counts(given.cases or "", given.kinds)
    kinds = chosen(counts)
    for kind in kinds:
        kind.warm()
    rows = [
        blocks.Row(kind, *_span(kind, given.seed, counts.get(kind.name, counts.get(kind.family)))) for kind in kinds
    ]
    until = float("inf") if given.cases else time.monotonic() + 60 * given.minutes
    last = 0.0
    told: set[tuple[str, str]] = set()

    def tell() -> None:
        nonlocal last
        for row in rows:
            for line, (seed, _) in row.found.failures.items():
                if (row.kind.name, line) not in told:
                    told.add((row.kind.name, line))
                    print(f"\r{row.kind.name} {seed}: {line}", file=sys.stderr, flush=True)
        if time.monotonic() - last > 5:
            last = time.monotonic()
            done, failed = sum(row.found.done for row in rows), sum(len(row.found.failures) for row in rows)
            busy = ", ".join(row.kind.name for row in rows if row.busy)
            print(f"\r{done:,} cases, {failed} findings: {busy:<40}", end="", file=sys.stderr, flush=True)

    with TemporaryDirectory(prefix="fuzz-") as logs:
        try:
            blocks.run(rows, given.jobs, until, Path(logs), tell)
        except KeyboardInterrupt:
            print("\ninterrupted: this is what was run", file=sys.stderr)
    print(file=sys.stderr)
    print("\n".join(blocks.shown(rows)))
    note(rows, given.seed, given.save)
    for row in rows:
        for line, (seed, details) in row.found.failures.items():
            report(row, line, seed, details, given.save)
    return int(any(row.found.failures for row in rows))


def _counts(cases: str, kinds: str) -> dict[str, int | None]:
    """How many cases each kind or family is to run, None where time alone counts: what `--cases` and `--kinds` say."""
    if "=" in cases:
        return {word: int(count) for word, _, count in (item.partition("=") for item in cases.split(","))}
    every = int(cases) if cases else None
    return {word: every for word in kinds.split(",") if word} or dict.fromkeys(FAMILIES, every)


def _span(kind: Kind, first: int, cases: int | None) -> tuple[int, int | None]:
    """The first case and the end of them; kinds that are numbered through have an end of their own."""
    count = kind.count() if kind.count is not None else None
    first = 0 if count is not None and first >= count else first
    ends = [end for end in (count, None if cases is None else first + cases) if end is not None]
    return first, min(ends, default=None)


def note(rows: list[blocks.Row], first: int, folder: Path) -> None:
    """Add a line to log.jsonl: which cases were run, and how many failed in different ways."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {row.kind.name: [row.found.done, len(row.found.failures)] for row in rows}
    said = {"date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()), "first": first, "cases_and_findings": kinds}
    with open(folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


def report(row: blocks.Row, line: str, seed: int, details: str, folder: Path) -> None:
    """Print a failure, and keep its bytes, made smaller where that takes no time."""
    with TemporaryDirectory(prefix="fuzz-", dir=SPACE) as place:
        content = smaller_elsewhere(row.kind, row.kind.case(seed), line, Path(place))
    file = folder / row.kind.name / f"{re.sub('[^A-Za-z0-9]+', '_', line).strip('_')[-80:]}.{seed}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    print(f"\n{row.kind.name}: {line}: {row.found.times[line]} times, first in {seed}; {len(content)} bytes in {file}")
    print("\n".join(f"    {said}" for said in details.splitlines()[-8:]))


def replay(kind: Kind, case: str) -> int:
    """Run one case by its number, or the bytes of a file, and print how it ends."""
    content = kind.case(int(case)) if case.isdigit() else Path(case).read_bytes()
    with TemporaryDirectory(prefix="fuzz-", dir=SPACE) as place:
        before = os.getcwd()
        os.chdir(place)
        failure = judged(kind, content, Path(place))
        os.chdir(before)
    print(f"{kind.name}, {len(content)} bytes: {content[:2000]!r}")
    print("as it may" if failure is None else f"{failure.line}\n{failure.details}")
    return int(failure is not None)


if __name__ == "__main__":
    sys.exit(main())
