"""Tables in Markdown, a function a section: rows of figures in, lines out. The machine, and training steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench import prose
from bench.figures import Ratio, beside, bold, digits, ms, quiet
from bench.goals import FAMILIES, FAMILIES_MEAN, GOALS, MEAN, Goal, geometric_mean, verdict
from bench.store import Results
from netc.grammar.counted import counted

Rows = Mapping[str, Any]


def markdown(heads: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """A table whose first columns are text and the others figures."""
    marks = ["---" if i < left else "---:" for i in range(len(heads))]
    return [f"| {' | '.join(cells)} |" for cells in (heads, marks, *rows)]


def stock(row: Mapping[str, Any]) -> str:
    """The contender that a user of netc gets: that of the stock package's best target, also where it dropped out."""
    known = {*row["seconds"], *row.get("dropped_out", {})}
    return next((name for name in ("netc cpu", "netc std", "netc") if name in known), "none")


def fast(row: Mapping[str, Any]) -> str | None:
    """The contender of `netc[fast]`; None where it was not measured."""
    return next((name for name in row["seconds"] if name.startswith("netc fast")), None)


def against_torch(row: Mapping[str, Any], ours: str | None = None) -> Ratio | None:
    """Our contender, the stock one unless given, over the better of PyTorch's layouts."""
    return beside(row, ours or stock(row), ("eager", "channels_last"))


def against_torch_fast(row: Mapping[str, Any]) -> Ratio | None:
    """The same for `netc[fast]`."""
    ours = fast(row)
    return None if ours is None else against_torch(row, ours)


def processor(row: Mapping[str, Any]) -> str:
    """What a row was measured on, without marks of trade."""
    return str(row["processor"]).replace("(R)", "").replace("(TM)", "")


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
    heads = ["network (batch)", "processor", *names, "ratio", *(["ratio, netc[fast]"] if quicker else [])]
    table = []
    for name, row in rows.items():
        cells = [processor(row), *(ms(row["seconds"].get(contender)) for contender in names)]
        ratios = [bold(against_torch(row)), *([bold(against_torch_fast(row))] if quicker else [])]
        table.append([f"{name} ({row['batch']})", *cells, *ratios])
    differ = max((apart(row["first_loss"]) for row in rows.values() if not _random(row)), default=0.0)
    said = f"Milliseconds a step. The first losses of all contenders agree to {differ:.0e}"
    dropped = [name for name, row in rows.items() if _random(row)]
    said += f" (not compared with dropout: {', '.join(dropped)})." if dropped else "."
    return [*markdown(heads, table, left=2), "", said, means(rows)]


def means(rows: Rows) -> str:
    """A sentence with the geometric means of the ratios."""
    stocks = [found.best for row in rows.values() if (found := against_torch(row))]
    fasts = [found.best for row in rows.values() if (found := against_torch_fast(row))]
    if not stocks:
        return ""
    said = f"The geometric mean of the ratios is **{geometric_mean(stocks):.2f}**"
    if fasts and len(fasts) == len(stocks):
        said += f", with netc[fast] **{geometric_mean(fasts):.2f}**"
    return f"{said}."


def headline(results: Results) -> str:
    """The training steps in a sentence, of what was measured in peace; nothing where nothing was."""
    rows = {name: row for name, row in results.rows("training").items() if "failed" not in row}
    chosen = {name: row for name, row in rows.items() if quiet(row)}
    if not chosen:
        return prose.NO_HEADLINE
    left = [name for name in rows if name not in chosen]
    but = f" Not among them, because they were not measured so: {', '.join(left)}." if left else ""
    where = " and ".join(sorted({processor(row) for row in chosen.values()}))
    return prose.HEADLINE.format(mean=means(chosen), count=counted(len(chosen), "network"), where=where, but=but)


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
    table = []
    for group, mean, title in ((GOALS, MEAN, "geometric mean"), (FAMILIES, FAMILIES_MEAN, "the same of these seven")):
        if group is FAMILIES and not group.keys() & rows.keys():
            continue
        reached: list[dict[str, float]] = []
        for _, route in routes:
            found = {name: route(rows[name]) for name in group if name in rows}
            reached.append({name: ratio.best for name, ratio in found.items() if ratio is not None})
        table += [_goal_row(name, [ratios.get(name) for ratios in reached], goal) for name, goal in group.items()]
        whole = [geometric_mean(ratios.values()) if len(ratios) == len(group) else None for ratios in reached]
        table.append(_goal_row(title, whole, mean))
    newer = [prose.FAMILY_GOALS] if FAMILIES.keys() & rows.keys() else []
    return [prose.GOALS, *newer, "", *markdown(heads, table)]


def _goal_row(name: str, reached: Sequence[float | None], goal: Goal) -> list[str]:
    prototype, stretch = ("–" if figure is None else f"{figure:.2f}" for figure in (goal.prototype, goal.stretch))
    ours = ["–" if ratio is None else f"**{ratio:.2f}**" for ratio in reached]
    said = ["not measured" if ratio is None else verdict(ratio, goal) for ratio in reached]
    return [name, *ours, f"{goal.reach:.2f}", stretch, prototype, *said]


def roofline(rows: Rows, results: Results) -> list[str]:
    """GFLOP/s, and for rows of the processor whose ceilings are known the share of its product."""
    found = results.rows("machine").get("ceilings", {})
    peak = max(found.get("sgemm_gflops", {"none": float("nan")}).values())
    quicker = any(fast(row) for row in rows.values())
    table = []
    for name, row in rows.items():
        if row.get("gflop") is None:
            continue
        cells = [f"{row['gflop']:.2f}"]
        here = row.get("processor") == found.get("processor")
        for contender in (stock(row), *([fast(row)] if quicker else []), "eager", "channels_last"):
            if contender is None or not row["seconds"].get(contender):
                cells.append("–")
                continue
            rate = row["gflop"] / min(row["seconds"][contender])
            cells.append(f"{rate:,.0f}" + (f" ({100 * rate / peak:.0f} %)" if here else ""))
        table.append([name, *cells])
    heads = ["network", "GFLOP a step", "netc GFLOP/s", *(["netc[fast]"] if quicker else []), "eager", "channels_last"]
    return [
        prose.ROOFLINE.format(peak=digits(peak), processor=found.get("processor", "no machine")),
        "",
        *markdown(heads, table),
    ]
