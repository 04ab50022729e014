"""Tables in Markdown, a function a section: rows of figures in, lines out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench import prose
from bench.goals import COMPILE, FIRST_STEP, GOALS, MEAN, MEMORY, Goal, geometric_mean, verdict
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


def best_target(row: Mapping[str, Any]) -> str:
    """The contender that a user of netc gets: that of the default target, measured first."""
    return next(name for name in row["seconds"] if name.startswith("netc ") and name != "netc session")


def against_torch(row: Mapping[str, Any]) -> Spread:
    """Ours over the better of eager and channels_last."""
    seconds = row["seconds"]
    return ratio(seconds[best_target(row)], [seconds["eager"], seconds["channels_last"]])


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
    heads = ["network (batch)", *names, "ratio"]
    table = []
    for name, row in rows.items():
        spread = against_torch(row)
        cells = [ms(row["seconds"].get(contender)) for contender in names]
        table.append(
            [f"{name} ({row['batch']})", *cells, f"**{spread.median:.2f}** ({spread.low:.2f}–{spread.high:.2f})"]
        )
    apart = max(_apart(row["first_loss"]) for row in rows.values() if not _random(row))
    notes = f"Milliseconds a step. The first losses of all contenders agree to {apart:.0e}"
    dropped = [name for name, row in rows.items() if _random(row)]
    notes += f" (not compared with dropout: {', '.join(dropped)})." if dropped else "."
    means = geometric_mean(against_torch(row).median for row in rows.values())
    return [*markdown(heads, table), "", notes, f"The geometric mean of the ratios is **{means:.2f}**."]


def _apart(losses: Mapping[str, float]) -> float:
    return (max(losses.values()) - min(losses.values())) / max(losses.values())


def _random(row: Mapping[str, Any]) -> bool:
    return row["net"].startswith(("AlexNet", "VGG"))


def goals(rows: Rows) -> list[str]:
    """The goals of this project beside what is reached."""
    ratios = {name: against_torch(rows[name]).median for name in GOALS if name in rows}
    mean = geometric_mean(ratios.values()) if len(ratios) == len(GOALS) else None
    table = [_goal_row(name, ratios.get(name), goal) for name, goal in GOALS.items()]
    table.append(_goal_row("geometric mean", mean, MEAN))
    heads = ["network", "netc", "goal", "stretch", "first prototype", "verdict"]
    return [prose.GOALS, "", *markdown(heads, table)]


def _goal_row(name: str, reached: float | None, goal: Goal) -> list[str]:
    prototype = "–" if goal.prototype is None else f"{goal.prototype:.2f}"
    ours = "–" if reached is None else f"**{reached:.2f}**"
    said = "not measured" if reached is None else verdict(reached, goal)
    return [name, ours, f"{goal.reach:.2f}", f"{goal.stretch:.2f}", prototype, said]


def roofline(rows: Rows, results: Results) -> list[str]:
    """GFLOP/s and the share of the machine's product."""
    found = results.rows("machine").get("ceilings", {})
    peak = max(found.get("sgemm_gflops", {"none": float("nan")}).values())
    table = []
    for name, row in rows.items():
        cells = [f"{row['gflop']:.2f}"]
        for contender in (best_target(row), "eager", "channels_last"):
            rate = row["gflop"] / Spread.of(row["seconds"][contender]).median
            cells.append(f"{rate:,.0f} ({100 * rate / peak:.0f} %)")
        table.append([name, *cells])
    heads = ["network", "GFLOP a step", "netc GFLOP/s", "eager", "channels_last"]
    return [prose.ROOFLINE.format(peak=digits(peak)), "", *markdown(heads, table)]


def compiled(rows: Rows, results: Results) -> list[str]:
    """torch.compile beside eager."""
    table = [
        [name, ms(row["seconds"]["torch.compile"]), ms(row["seconds"]["eager"]), f"{row['first_step_s']:.1f} s",
         f"{ratio(row['seconds']['torch.compile'], [row['seconds']['eager']]).median:.2f}"]
        for name, row in rows.items()
    ]  # fmt: skip
    return markdown(["network", "torch.compile", "eager", "its first step", "compiled / eager"], table)


def keras(rows: Rows, results: Results) -> list[str]:
    """Keras beside ours."""
    table = []
    for name, row in rows.items():
        seconds = row["seconds"]
        over = ratio(seconds["netc"], [seconds["keras"]]).median
        table.append([name, ms(seconds["netc"]), ms(seconds["keras"]), f"**{over:.2f}**"])
    backend = next(iter(rows.values()))["backend"]
    return [prose.KERAS.format(backend=backend), "", *markdown(["network", "netc", "Keras", "ratio"], table)]


def inference(rows: Rows, results: Results) -> list[str]:
    """Ours, the export of PyTorch in the same runtime, PyTorch."""
    table = []
    for row in rows.values():
        seconds = row["seconds"]
        exported = ratio(seconds["netc"], [seconds["torch export"]])
        torch = ratio(seconds["netc"], [seconds["eager"], seconds["channels_last"]])
        cells = [ms(seconds[name]) for name in ("netc", "netc.Model", "torch export", "eager", "channels_last")]
        table.append([row["net"], str(row["batch"]), *cells, f"**{exported.median:.2f}**", f"**{torch.median:.2f}**"])
    heads = [
        "network",
        "batch",
        "netc",
        "netc.Model",
        "torch export",
        "eager",
        "channels_last",
        "/ export",
        "/ PyTorch",
    ]
    exporter = next(iter(rows.values()))["exporter"]
    apart = max(row["difference"] for row in rows.values())
    return [prose.INFERENCE.format(exporter=exporter, apart=apart), "", *markdown(heads, table)]


def load(rows: Rows, results: Results) -> list[str]:
    """Seconds of `netc compile --train` and from a process's start to its first step."""
    heads = ["network (batch)", "target", "netc compile --train", "goal", "compiled", "session", "first step", "goal"]
    table = []
    for name, row in rows.items():
        for target, figures in row["targets"].items():
            done = figures["first_step"]
            time = figures["compile_s"]
            cells = [f"{time:.2f} s" if time is not None else "over the limit", _goal_seconds(COMPILE.get(name))]
            if "failed" in done:
                cells += ["–", "–", done["failed"]]
            else:
                cells += [f"{done[stage]:.2f} s" for stage in ("compiled", "loaded", "first step")]
            table.append([f"{name} ({row['batch']})", target, *cells, _goal_seconds(FIRST_STEP.get(name))])
    return [prose.LOAD, "", *markdown(heads, table, left=2)]


def _goal_seconds(goal: float | None) -> str:
    return "" if goal is None else f"≤ {goal:g} s"


def loop(rows: Rows, results: Results) -> list[str]:
    """Examples a second of the loop beside the bare step's."""
    table = []
    for row in rows.values():
        loop, step = row["seconds"]["loop"], row["seconds"]["step"]
        over = ratio(loop, [step])
        rates = [f"{row['batch'] / Spread.of(seconds).median:,.0f}" for seconds in (loop, step)]
        table.append([row["net"], row["kind"], ms(step), ms(loop), *rates, f"**{100 * (over.median - 1):.1f} %**"])
    heads = ["network", "data", "step alone", "step in the loop", "loop, examples/s", "step, examples/s", "more"]
    return [prose.LOOP, "", *markdown(heads, table, left=2)]


def memory(rows: Rows, results: Results) -> list[str]:
    """Peak memory of a process of three steps."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["contenders"]))
    table = []
    for name, row in rows.items():
        held = {key: found.get("peak_bytes") for key, found in row["contenders"].items()}
        ours, theirs = held[next(iter(held))], min(filter(None, (held["eager"], held["channels_last"])), default=None)
        cells = [f"{held[key] / 1e6:,.0f}" if held.get(key) else "failed" for key in names]
        table.append([f"{name} ({row['batch']})", *cells, f"**{ours / theirs:.2f}**" if ours and theirs else "–"])
    return [prose.MEMORY.format(goal=MEMORY), "", *markdown(["network", *names, "ratio"], table)]


def profile(rows: Rows, results: Results) -> list[str]:
    """Parts of the step, kinds of operators, and the slowest layers."""
    heads = ["network", "step, ms", "forward", "backward", "update", "between", "operators"]
    table = []
    slow = []
    for name, row in rows.items():
        found = row["profile"]
        whole = found["step_ms"]
        parts = [_share(found[f"{part}_ms"], whole) for part in ("forward", "backward", "update", "between")]
        kinds = ", ".join(f"{item['name']} {_share(item['ms'], whole)}" for item in found["operators"][:6])
        table.append([name, digits(whole), *parts, kinds])
        for layer in found["slowest"][:3]:
            rate = "" if layer["gflops"] is None else f"{layer['gflops']:,.0f}"
            place = f"{layer['file'].rsplit('/', 1)[-1]}:{layer['line']}"
            times = [digits(layer[f"{part}_ms"]) for part in ("forward", "backward", "update")]
            slow.append([name, f"{layer['name']} ({layer['type']})", place, *times, _share(layer["ms"], whole), rate])
    slowest = ["network", "slowest layers", "line", "forward, ms", "backward", "update", "share", "GFLOP/s"]
    return [prose.PROFILE, "", *markdown(heads, table), "", *markdown(slowest, slow, left=3)]


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"
