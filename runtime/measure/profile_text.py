"""A profile as a table of plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

HEADS = ("layer (type)", "line", "forward", "backward", "update", "ms", "share", "GFLOP/s")
SLOWEST_LINES = 5
SLOWEST_OPERATORS = 8


def profile_text(found: Mapping[str, Any]) -> str:
    """The layers in execution order, what is outside them, the total; then the slowest lines and operators."""
    whole = found["step_ms"]
    files = {layer["file"] for layer in found["layers"]}
    rows: list[tuple[str, ...]] = [HEADS]
    for layer in found["layers"]:
        place = str(layer["line"]) if len(files) == 1 else f"{Path(layer['file']).name}:{layer['line']}"
        rate = "" if layer["gflops"] is None else f"{layer['gflops']:,.1f}"
        rows.append((f"{layer['name']} ({layer['type']})", place, *_times(layer, whole), rate))
    rows += [(row["name"], "", *_times(row, whole), "") for row in found["other"]]
    rows.append(("between operators", "", "", "", "", _ms(found["between_ms"]), _share(found["between_ms"], whole), ""))
    rows.append(("step, profiled", "", *_sums(found), _ms(whole), "100.0 %", ""))
    lines = _aligned(rows)
    lines += ["", "slowest lines"]
    for line in found["lines"][:SLOWEST_LINES]:
        place = f"{Path(line['file']).name}:{line['line']}"
        lines.append(f"{_share(line['ms'], whole):>8}  {place}  {line['text']}")
    kinds = ", ".join(f"{item['name']} {_share(item['ms'], whole)}" for item in found["operators"][:SLOWEST_OPERATORS])
    lines += ["", f"operators    {kinds}"]
    return "\n".join(lines) + "\n"


def _times(row: Mapping[str, Any], whole: float) -> tuple[str, ...]:
    parts = tuple(_ms(row[name]) for name in ("forward_ms", "backward_ms", "update_ms", "ms"))
    return (*parts, _share(row["ms"], whole))


def _sums(found: Mapping[str, Any]) -> tuple[str, ...]:
    rows = [*found["layers"], *found["other"]]
    return tuple(_ms(sum(row[name] for row in rows)) for name in ("forward_ms", "backward_ms", "update_ms"))


def _ms(time: float) -> str:
    return f"{time:,.3f}"


def _share(time: float, whole: float) -> str:
    return f"{100 * time / whole:.1f} %"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    lines = []
    for row in rows:
        cells = [f"{row[0]:<{widths[0]}}", f"{row[1]:<{widths[1]}}"]
        cells += [f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
        lines.append("  ".join(cells).rstrip())
        if row is HEADS:
            lines.append("-" * (sum(widths) + 2 * len(widths) - 2))
    return lines
