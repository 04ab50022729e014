"""`python -m bench`: measure, keep the figures as JSON, write docs/performance.md from them."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache

from bench.fresh import ROOT, call
from bench.machine import processor
from bench.nets import NETS, QUICK, Measured
from bench.report import PAGE, write_report
from bench.sections import CUDA, ORT_TRAINING, SECTIONS, Options, Row
from bench.store import Results
from netc.runtime.measure.busy import busy_share

EPILOG = """
sections: {sections}

make bench       python -m bench --quick --minutes 10
make bench-all   python -m bench --all
python -m bench training --all --resume --name all     one section, going on where it was cut off
python -m bench training --only lstm gpt --name all    some rows of it anew
python -m bench --device cuda --all --name all         training steps on an NVIDIA card
python -m bench report --name all                      docs/performance.md from bench/results/all.json

A run leaves bench/results/NAME.json and the same as a page, NAME.md; only `report` writes docs/performance.md.
"""


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    names = "\n".join(f"  {name:<10} {section.about}" for name, section in SECTIONS.items())
    parser = argparse.ArgumentParser(
        "python -m bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG.format(sections=f"\n{names}"),
    )
    add = parser.add_argument
    add("sections", nargs="*", metavar="SECTION", help="what to measure, all unless given; or `report`")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="the five small networks (the default)")
    size.add_argument("--all", action="store_true", help="every network, and the sections that take long")
    add(
        "--only",
        "--nets",
        dest="nets",
        nargs="+",
        metavar="NAME",
        help="only networks whose name contains one of these",
    )
    add("--name", help="of the results: bench/results/NAME.json; quick or all unless given")
    add("--rounds", type=int, default=12, help="windows of each contender, in turn (12)")
    add("--seconds", type=float, default=0.2, help="of a window, one call at least (0.2)")
    add("--patience", type=float, default=30.0, help="seconds that a row waits, in all, for a quiet machine (30)")
    add("--threads", type=int, default=2, help="of every contender (2)")
    add("--minutes", type=float, help="start no row after so many minutes; --resume goes on")
    add("--limit", type=float, default=1200.0, help="seconds after which a row is given up (1200)")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="cuda: the section of that name alone (cpu)")
    add("--ort-training", metavar="PYTHON", help="an interpreter with onnxruntime-training 1.19.2, numpy<2 and torch")
    add("--resume", action="store_true", help="keep the rows that are there, unless they failed")
    given = parser.parse_args(arguments)
    unknown = set(given.sections) - {*SECTIONS, "report"}
    if unknown:
        parser.error(f"no section is called {' or '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    given.name = given.name or ("all" if given.all else "quick")
    if given.ort_training:
        os.environ[ORT_TRAINING] = given.ort_training  # the processes of the rows inherit it
    return given


def main(arguments: list[str] | None = None) -> int:
    given = parse(arguments)
    results = Results(given.name)
    if given.sections != ["report"]:
        left = measure(given, results)
        if left:
            print(f"out of time; {len(left)} rows are left, `--resume` goes on: {', '.join(left)}", file=sys.stderr)
    print(write_report(results, page=PAGE if "report" in given.sections else None))
    return 0


def measure(given: argparse.Namespace, results: Results) -> list[str]:
    """Measure the rows that are asked for; returns those that the time did not suffice for."""
    nets = NETS if given.all or given.nets else QUICK
    if given.nets:
        nets = tuple(net for net in nets if any(named(net, part) for part in given.nets))
    options = Options(given.rounds, given.seconds, given.threads, given.limit, given.patience)
    wanted = [name for name in given.sections if name != "report"] or usual(given)
    end = time.monotonic() + 60 * given.minutes if given.minutes else float("inf")
    left: list[str] = []
    for name in dict.fromkeys(["machine", *wanted]):
        resume = given.resume or bool(given.nets and name != "machine")
        results.begin(name, about(name, given, options), resume=resume)
        for row in SECTIONS[name].rows(nets):
            if given.resume and "failed" not in results.rows(name).get(row.name, {"failed": "never measured"}):
                continue
            if time.monotonic() > end:
                left.append(f"{name}: {row.name}")
                continue
            one(name, row, options, results)
    return left


def named(net: Measured, part: str) -> bool:
    """Whether a word of its name begins so."""
    return re.search(rf"\b{re.escape(part)}", net.name, re.IGNORECASE) is not None


def usual(given: argparse.Namespace) -> list[str]:
    """The sections of a run that names none."""
    if given.device == "cuda":
        return list(CUDA)
    some = given.all or given.nets
    return [name for name, section in SECTIONS.items() if name not in CUDA and (some or section.in_quick)]


def about(section: str, given: argparse.Namespace, options: Options) -> dict[str, object]:
    size = " --all" if given.all else " --quick"
    more = "".join(
        f" --{name} {getattr(options, name):g}"
        for name in ("rounds", "seconds", "threads")
        if getattr(options, name) != getattr(Options, name)
    )
    where = " --device cuda" if section in CUDA else " --ort-training PYTHON" if section == "ort_training" else ""
    return {
        "command": f"python -m bench {section}{size}{where} --name {given.name}{more}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "options": asdict(options),
    }


def one(section: str, row: Row, options: Options, results: Results) -> None:
    """Measure a row in a process of its own and keep it, also where it failed."""
    busy = busy_share()
    start = time.monotonic()
    print(f"{section:<10} {row.name:<34}", end="", file=sys.stderr, flush=True)
    figures = call(
        "bench.sections:measure_row", section, row.net, row.variant, asdict(options),
        threads=options.threads, limit=options.limit,
    )  # fmt: skip
    about_row = {"net": row.net, "variant": row.variant, "busy": busy, "commit": commit(), "processor": processor()}
    results.put(section, row.name, {**about_row, **figures})
    lost = figures.get("dropped_out", {})
    said = f"failed: {figures['failed']}" if "failed" in figures else "done"
    said += "".join(f"; {name} dropped out: {why}" for name, why in lost.items())
    print(f"{time.monotonic() - start:7.1f} s  {said}", file=sys.stderr, flush=True)


@cache
def commit() -> str | None:
    """The commit that is measured, with a + where files differ from it; None outside of a checkout."""
    given = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(given, capture_output=True, text=True, check=True).stdout.strip() or None
    except (OSError, subprocess.CalledProcessError):
        return None


if __name__ == "__main__":
    sys.exit(main())
