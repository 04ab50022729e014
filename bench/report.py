"""docs/performance.md from the JSON of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench import depth, frozen, prose, side_tables, tables
from bench.figures import notes
from bench.sections import CUDA, TURNS
from bench.store import Results
from netc.runtime.measure.busy import QUIET

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"

SECTIONS: tuple[tuple[str, str, Callable[[Mapping[str, Any], Results], list[str]]], ...] = (
    ("machine", "The machine", tables.machine),
    ("training", "Training steps: SGD with momentum 0.9", tables.training),
    ("adam", "Training steps: Adam", tables.training),
    ("compiled", "torch.compile", side_tables.compiled),
    ("keras", "Keras", side_tables.keras),
    ("ort_training", "onnxruntime-training", side_tables.ort_training),
    ("cuda", "On a card", side_tables.cuda),
    ("inference", "Inference", side_tables.inference),
    ("load", "Compile and load", side_tables.load),
    ("depth", "Depth", depth.table),
    ("data", "The training loop", side_tables.loop),
    ("memory", "Memory", side_tables.memory),
    ("frozen", "Frozen parts", frozen.table),
    ("profile", "Where the time goes", side_tables.profile),
)

PROCESSOR_TIME = ("frozen",)
"""Sections that are measured in processor time, of which a busy machine takes none."""


def report(results: Results) -> str:
    """The page as Markdown; sections that were not measured are named at its end."""
    parts = [prose.INTRODUCTION.format(name=results.name), tables.headline(results)]
    busiest = max((row.get("busy") or 0.0 for name, section in results.sections.items() if name not in PROCESSOR_TIME
                   for row in section["rows"].values()), default=0.0)  # fmt: skip
    if busiest > QUIET:
        parts.append(prose.BUSY.format(share=100 * busiest))
    missing = []
    for section, title, table in SECTIONS:
        rows = results.rows(section)
        if not rows:
            missing += [title] if section not in CUDA else []
            continue
        about = results.sections[section]
        good = {name: row for name, row in rows.items() if "failed" not in row}
        lines = [f"## {title}", "", f"`{about['command']}`, {about['date'][:10]}", ""]
        lines += table(good, results) if good else []
        lines += [f"\n{sentence}" for sentence in notes(good)] if section in TURNS else []
        lines += states(rows)
        failed = [f"- {name} failed: {row['failed']}" for name, row in rows.items() if "failed" in row]
        parts.append("\n".join([*lines, *([""] if failed else []), *failed]).rstrip() + "\n")
        if section == "training":
            parts.append("\n".join(["### Against the goals", "", *tables.goals(good)]) + "\n")
            parts.append("\n".join(["### Share of the machine's peak", "", *tables.roofline(good, results)]) + "\n")
    if missing:
        parts.append(f"Not measured in this run: {'; '.join(missing)}.\n")
    return "\n".join(parts)


def states(rows: Mapping[str, Any]) -> list[str]:
    """A sentence where the rows of a section were measured at different commits."""
    at: dict[str, list[str]] = {}
    for name, row in rows.items():
        at.setdefault(row.get("commit") or "an unknown one", []).append(name)
    if len(at) < 2:
        return []
    told = "; ".join(f"at {commit}: {', '.join(names)}" for commit, names in at.items())
    return ["", f"Rows were measured at different commits (+ with changes that were not committed yet): {told}."]


def write_report(results: Results, page: Path | None = None) -> str:
    """Write the page, beside the JSON unless said; returns where it is."""
    page = page or results.path.with_suffix(".md")
    page.write_text(report(results), "utf-8")
    return f"wrote {page.relative_to(Path.cwd()) if page.is_relative_to(Path.cwd()) else page} from {results.path.name}"
