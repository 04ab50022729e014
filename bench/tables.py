"""Tables in Markdown, a function a section: rows of figures in, lines out. The machine, and training steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench import prose
from bench.goals import GOALS, MEAN, Goal, geometric_mean, verdict
from bench.store import Results
from netc.runtime.measure.rounds import Spread, ratio

Rows = Mapping[str, Any]


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """A table whose first columns are text and the others figures."""
    marks = ["---" if i < left else "---:" for i in range(len(heads))]
    return [f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows)]


def ms(figures: Sequence[float] | None) -> str:
    """`12.3 (12.0–13.1)`, milliseconds from seconds a round."""
    if not figures:
        return "–"
    spread = Spread.of([1000 * figure for figure in figures])
    return f"{digits(spread.median)} ({digits(spread.low)}–{digits(spread.high)})"


def digits(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def stock(row: Mapping[str, Any]) -> str:
    """The contender that a user of netc gets: that of the stock package's best target, measured first."""
    return next(name for name in row["seconds"] if name.startswith("netc ") and name != "netc session")


def fast(row: Mapping[str, Any]) -> str | None:
    """The contender of `netc[fast]`; None where it was not measured."""
    return next((name for name in row["seconds"] if name.startswith("netc fast")), None)


def against_torch(row: Mapping[str, Any], ours: str | None = None) -> Spread:
    """Our contender, the stock one unless given, over the better of eager and channels_last."""
    seconds = row["seconds"]
    return ratio(seconds[ours or stock(row)], [seconds["eager"], seconds["channels_last"]])


def against_torch_fast(row: Mapping[str, Any]) -> Spread | None:
    """The same for `netc[fast]`."""
    ours = fast(row)
    return None if ours is None else against_torch(row, ours)


def bold(spread: Spread | None) -> str:
    """`**0.55** (0.52–0.58)`."""
    return "–" if spread is None else f"**{spread.median:.2f}** ({spread.low:.2f}–{spread.high:.2f})"


def machine(rows: Rows, results: Results) -> list[str]:
    """What the figures were measured on."""
    (found,) = rows.values()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items() if version)
    peaks = ", ".join(f"{digits(peak)} with {name}" for name, peak in found["sgemm_gflops"].items())
    lines = [
        f"- {found['processor']}, {found['cores']} cores, {found['threads']} threads used; {found['system']}",
        f"- Python {found['python']}; {versions}",
        f"- the best float32 product of 2048x2048 matrices, GFLOP/s: {peaks}",
        f"- memory, read and written in one pass over 256 MB: {digits(found['copy_gbytes'])} GB/s",
    ]
    lines += [f"- {name} took no part: {why}" for name, why in found["absent"].items()]
    return lines


def training(rows: Rows, results: Results) -> list[str]:
    """Milliseconds of a step, and our ratio to the better of PyTorch's two."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["seconds"]))
    quicker = any(fast(row) for row in rows.values())
    heads = ["network (batch)", *names, "ratio", *(["ratio, netc[fast]"] if quicker else [])]
    table = []
    for name, row in rows.items():
        cells = [ms(row["seconds"].get(contender)) for contender in names]
        ratios = [bold(against_torch(row)), *([bold(against_torch_fast(row))] if quicker else [])]
        table.append([f"{name} ({row['batch']})", *cells, *ratios])
    differ = max((apart(row["first_loss"]) for row in rows.values() if not _random(row)), default=0.0)
    notes = f"Milliseconds a step. The first losses of all contenders agree to {differ:.0e}"
    dropped = [name for name, row in rows.items() if _random(row)]
    notes += f" (not compared with dropout: {', '.join(dropped)})." if dropped else "."
    means = f"The geometric mean of the ratios is **{_mean(map(against_torch, rows.values())):.2f}**"
    if quicker and all(map(fast, rows.values())):
        means += f", with netc[fast] **{_mean(map(against_torch_fast, rows.values())):.2f}**"
    return [*markdown(heads, table), "", notes, f"{means}."]


def _mean(spreads: Iterable[Spread | None]) -> float:
    return geometric_mean(spread.median for spread in spreads if spread is not None)


def apart(losses: Mapping[str, float]) -> float:
    """How far losses are from each other, in parts of the largest."""
    return (max(losses.values()) - min(losses.values())) / max(losses.values())


def _random(row: Mapping[str, Any]) -> bool:
    return row["net"].startswith(("AlexNet", "VGG"))


def goals(rows: Rows) -> list[str]:
    """The goals of this project beside what is reached, with the stock package and with `netc[fast]`."""
    routes = [("netc", against_torch)]
    if any(fast(row) for row in rows.values()):
        routes.append(("netc[fast]", against_torch_fast))
    heads = ["network", *(name for name, _ in routes), "goal", "stretch", "first prototype"]
    heads += ["verdict", *(f"verdict, {name}" for name, _ in routes[1:])]
    reached: list[dict[str, float]] = []
    for _, route in routes:
        found = {name: route(rows[name]) for name in GOALS if name in rows}
        reached.append({name: spread.median for name, spread in found.items() if spread is not None})
    table = [_goal_row(name, [ratios.get(name) for ratios in reached], goal) for name, goal in GOALS.items()]
    means = [geometric_mean(ratios.values()) if len(ratios) == len(GOALS) else None for ratios in reached]
    table.append(_goal_row("geometric mean", means, MEAN))
    return [prose.GOALS, "", *markdown(heads, table)]


def _goal_row(name: str, reached: Sequence[float | None], goal: Goal) -> list[str]:
    prototype = "–" if goal.prototype is None else f"{goal.prototype:.2f}"
    ours = ["–" if ratio is None else f"**{ratio:.2f}**" for ratio in reached]
    said = ["not measured" if ratio is None else verdict(ratio, goal) for ratio in reached]
    return [name, *ours, f"{goal.reach:.2f}", f"{goal.stretch:.2f}", prototype, *said]


def roofline(rows: Rows, results: Results) -> list[str]:
    """GFLOP/s and the share of the machine's product."""
    found = results.rows("machine").get("ceilings", {})
    peak = max(found.get("sgemm_gflops", {"none": float("nan")}).values())
    quicker = any(fast(row) for row in rows.values())
    table = []
    for name, row in rows.items():
        cells = [f"{row['gflop']:.2f}"]
        for contender in (stock(row), *([fast(row)] if quicker else []), "eager", "channels_last"):
            if contender is None:
                cells.append("–")
                continue
            rate = row["gflop"] / Spread.of(row["seconds"][contender]).median
            cells.append(f"{rate:,.0f} ({100 * rate / peak:.0f} %)")
        table.append([name, *cells])
    heads = ["network", "GFLOP a step", "netc GFLOP/s", *(["netc[fast]"] if quicker else []), "eager", "channels_last"]
    return [prose.ROOFLINE.format(peak=digits(peak)), "", *markdown(heads, table)]
