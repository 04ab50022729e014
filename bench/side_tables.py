"""Tables of the other sections: other contenders, inference, loading, the loop, memory, profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import prose
from bench.goals import COMPILE, CUDA, FIRST_STEP, MEMORY
from bench.nets import by_name
from bench.ours import load as load_net
from bench.store import Results
from bench.tables import Rows, apart, bold, digits, markdown, ms
from netc.compiler import totals
from netc.runtime.measure.rounds import Spread, ratio


def compiled(rows: Rows, results: Results) -> list[str]:
    """torch.compile beside eager and ours."""
    table = []
    for name, row in rows.items():
        seconds = row["seconds"]
        helped = ratio(seconds["torch.compile"], [seconds["eager"]]).median
        ours = ratio(seconds["netc"], [seconds["torch.compile"]])
        cells = [
            ms(seconds["netc"]),
            ms(seconds["torch.compile"]),
            ms(seconds["eager"]),
            f"{row['first_step_s']:.1f} s",
        ]
        table.append([f"{name} ({row['batch']})", *cells, f"{helped:.2f}", bold(ours)])
    heads = [
        "network (batch)",
        "netc",
        "torch.compile",
        "eager",
        "its first step",
        "compiled / eager",
        "netc / compiled",
    ]
    return [prose.COMPILED, "", *markdown(heads, table)]


def keras(rows: Rows, results: Results) -> list[str]:
    """Keras beside ours."""
    backend = next(iter(rows.values()))["backend"]
    return [prose.KERAS.format(backend=backend, apart=_apart(rows)), "", *_beside(rows, "keras", "Keras")]


def ort_training(rows: Rows, results: Results) -> list[str]:
    """onnxruntime-training beside ours."""
    version = next(iter(rows.values()))["version"]
    said = prose.ORT_TRAINING.format(version=version, apart=_apart(rows))
    return [said, "", *_beside(rows, "onnxruntime-training", "onnxruntime-training")]


def _beside(rows: Rows, contender: str, title: str) -> list[str]:
    table = []
    for name, row in rows.items():
        seconds = row["seconds"]
        over = ratio(seconds["netc"], [seconds[contender]])
        table.append([f"{name} ({row['batch']})", ms(seconds["netc"]), ms(seconds[contender]), bold(over)])
    return markdown(["network (batch)", "netc", title, "ratio"], table)


def _apart(rows: Rows) -> float:
    """The largest difference of first losses, in parts of the larger."""
    return max(apart(row["first_loss"]) for row in rows.values())


def cuda(rows: Rows, results: Results) -> list[str]:
    """Ours on a card beside PyTorch on it."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["seconds"]))
    table = []
    for row in rows.values():
        seconds = row["seconds"]
        over = ratio(seconds[names[0]], [seconds[name] for name in names[1:]])
        rate = f"{row['gflop'] / Spread.of(seconds[names[0]]).median:,.0f}"
        table.append([f"{row['net']} ({row['batch']})", *(ms(seconds[name]) for name in names), rate, bold(over)])
    card = next(iter(rows.values()))["card"]
    heads = ["network (batch)", *names, "netc GFLOP/s", "ratio"]
    return [prose.CUDA.format(card=card, goal=CUDA), "", *markdown(heads, table)]


def inference(rows: Rows, results: Results) -> list[str]:
    """Ours, the export of PyTorch in the same runtime, PyTorch."""
    table = []
    for row in rows.values():
        seconds = row["seconds"]
        exported = ratio(seconds["netc"], [seconds["torch export"]])
        torch = ratio(seconds["netc"], [seconds["eager"], seconds["channels_last"]])
        cells = [ms(seconds[name]) for name in ("netc", "netc.Model", "torch export", "eager", "channels_last")]
        cells += [f"**{exported.median:.2f}**", f"**{torch.median:.2f}**"]
        least = _least_seconds(row, results.rows("machine"))
        share = "–" if least is None else f"{100 * least / Spread.of(seconds['netc']).median:.0f} %"
        table.append([row["net"], str(row["batch"]), *cells, share])
    heads = ["network", "batch", "netc", "netc.Model", "torch export", "eager", "channels_last"]
    heads += ["/ export", "/ PyTorch", "of the ceiling"]
    exporter = next(iter(rows.values()))["exporter"]
    apart = max(row["difference"] for row in rows.values())
    return [prose.INFERENCE.format(exporter=exporter, apart=apart), "", *markdown(heads, table)]


CACHED = 64_000_000
"""Bytes of weights that a processor's caches may keep from one batch to the next."""


def _least_seconds(row: Mapping[str, Any], machine: Rows) -> float | None:
    """What a forward pass takes at least: its products at the machine's best rate, or its weights read once."""
    ceilings = machine.get("ceilings", {})
    if "sgemm_gflops" not in ceilings:
        return None
    cost = totals(load_net(by_name(row["net"])), row["batch"])
    assert isinstance(cost.flops, int), "the networks that are measured have known sizes"
    products = 2 * cost.flops / (1e9 * max(ceilings["sgemm_gflops"].values()))
    weights = 4 * cost.params
    return max(products, weights / (1e9 * ceilings["copy_gbytes"]) if weights > CACHED else 0.0)


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
        by_hand = ms(row["seconds"].get("by hand"))
        table.append(
            [row["net"], row["kind"], ms(step), by_hand, ms(loop), *rates, f"**{100 * (over.median - 1):.1f} %**"]
        )
    heads = [
        "network",
        "data",
        "step alone",
        "fresh batches by hand",
        "step in the loop",
        "loop, examples/s",
        "step, examples/s",
        "more",
    ]
    machine = results.rows("machine").get("ceilings", {})
    said = prose.LOOP.format(threads=machine.get("threads", "as many"), cores=machine.get("cores", "the"))
    return [said, "", *markdown(heads, table, left=2)]


def memory(rows: Rows, results: Results) -> list[str]:
    """Peak memory of a process of three steps, and what of it came after everything was ready."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["contenders"]))
    ours = list(dict.fromkeys(name for name in names if name.startswith("netc ") and name != "netc std"))
    table = []
    for name, row in rows.items():
        held = {key: found.get("peak_bytes") for key, found in row["contenders"].items()}
        theirs = min(filter(None, (held["eager"], held["channels_last"])), default=None)
        cells = [f"{held[key] / 1e6:,.0f}" if held.get(key) else "failed" for key in names]
        for contender in ours:
            mine = held.get(contender)
            cells.append(f"**{mine / theirs:.2f}**" if mine and theirs else "–")
        table.append([f"{name} ({row['batch']})", *cells])
    heads = ["network (batch)", *names, *(f"ratio, {name}" if number else "ratio" for number, name in enumerate(ours))]
    return [prose.MEMORY.format(goal=MEMORY), "", *markdown(heads, table)]


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
