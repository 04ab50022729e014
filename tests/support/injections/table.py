"""The table of injected mistakes, as it stands in the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.support.injections.judge import Verdict


def share(found: Sequence[Verdict]) -> float:
    """How much of what was injected is told as it should be."""
    return sum(one.good for one in found) / len(found)


def table(found: Iterable[Verdict]) -> str:
    """A row a kind of mistake, and all of them below."""
    rows: dict[str, list[Verdict]] = {}
    for one in found:
        rows.setdefault(one.mutation.kind, []).append(one)
    lines = [
        "| mistake | injected | caught | one finding | line | code | repair named | fixes right | all |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        *(_row(kind, many) for kind, many in rows.items()),
        _row("**all**", [one for many in rows.values() for one in many]),
    ]
    return "\n".join(lines)


def _row(kind: str, many: list[Verdict]) -> str:
    counts = [sum(getattr(one, name) for one in many) for name in ("caught", "alone", "line", "code", "hint")]
    offered = [one.fix for one in many if one.fix is not None]
    fixes = f"{sum(offered)} of {len(offered)}" if offered else ""
    return f"| {kind} | {len(many)} | {' | '.join(map(str, counts))} | {fixes} | {100 * share(many):.1f} % |"
