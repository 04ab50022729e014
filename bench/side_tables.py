"""Tables of the other sections: other contenders, inference, loading, the loop, memory, profiles."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from bench import prose
from bench.figures import beside, bold, digits, ms
from bench.goals import COMPILE, CUDA, FIRST_STEP, MEMORY
from bench.nets import by_name
from bench.ours import load as load_net
from bench.store import Results
from bench.tables import Rows, apart, markdown, processor
from netc.compiler import totals


def compiled(rows: Rows, results: Results) -> list[str]:
    """torch.compile beside eager and ours."""
    table = []
    for name, row in rows.items():
        cells = [processor(row), *(ms(row["seconds"].get(way)) for way in ("netc", "torch.compile", "eager"))]
        cells.append(f"{row['first_step_s']:.1f} s" if "first_step_s" in row else "–")
        helped, ours = beside(row, "torch.compile", ["eager"]), beside(row, "netc", ["torch.compile"])
        table.append([f"{name} ({row['batch']})", *cells, "–" if helped is None else f"{helped.best:.2f}", bold(ours)])
    heads = ["network (batch)", "processor", "netc", "torch.compile", "eager"]
    heads += ["its first step", "compiled / eager", "netc / compiled"]
    return [prose.COMPILED, "", *markdown(heads, table, left=2)]


def keras(rows: Rows, results: Results) -> list[str]:
    """Keras beside ours."""
    backend = _said(rows, "backend")
    return [prose.KERAS.format(backend=backend, apart=_apart(rows)), "", *_beside(rows, "keras", "Keras")]


def ort_training(rows: Rows, results: Results) -> list[str]:
    """onnxruntime-training beside ours."""
    version = _said(rows, "version")
    said = prose.ORT_TRAINING.format(version=version, apart=_apart(rows))
    return [said, "", *_beside(rows, "onnxruntime-training", "onnxruntime-training")]


def _beside(rows: Rows, contender: str, title: str) -> list[str]:
    table = []
    for name, row in rows.items():
        cells = [processor(row), *(ms(row["seconds"].get(way)) for way in ("netc", contender))]
        table.append([f"{name} ({row['batch']})", *cells, bold(beside(row, "netc", [contender]))])
    return markdown(["network (batch)", "processor", "netc", title, "ratio"], table, left=2)


def _said(rows: Rows, what: str) -> str:
    """What contenders said of themselves: a version or a name."""
    return next((row[what] for row in rows.values() if row.get(what)), "of unknown version")


def _apart(rows: Rows) -> float:
    """The largest difference of first losses, in parts of the larger."""
    return max(apart(row["first_loss"]) for row in rows.values())


def cuda(rows: Rows, results: Results) -> list[str]:
    """Ours on a card beside PyTorch on it."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row["seconds"]))
    table = []
    for row in rows.values():
        seconds = row["seconds"]
        over = beside(row, names[0], names[1:])
        rate = f"{row['gflop'] / min(seconds[names[0]]):,.0f}" if seconds.get(names[0]) else "–"
        table.append([f"{row['net']} ({row['batch']})", *(ms(seconds.get(name)) for name in names), rate, bold(over)])
    card = _said(rows, "card")
    heads = ["network (batch)", *names, "netc GFLOP/s", "ratio"]
    return [prose.CUDA.format(card=card, goal=CUDA), "", *markdown(heads, table)]


def inference(rows: Rows, results: Results) -> list[str]:
    """Ours, the export of PyTorch in the same runtime, PyTorch."""
    table = []
    names = ("netc", "netc.Model", "torch export", "eager", "channels_last")
    for row in rows.values():
        seconds = row["seconds"]
        cells = [processor(row), *(ms(seconds.get(name)) for name in names)]
        cells += [bold(beside(row, "netc", peers)) for peers in (["torch export"], ["eager", "channels_last"])]
        least = _least_seconds(row, results.rows("machine"))
        known = least is not None and seconds.get("netc")
        share = f"{100 * least / min(seconds['netc']):.0f} %" if known else "–"
        table.append([row["net"], str(row["batch"]), *cells, share])
    heads = ["network", "batch", "processor", *names, "/ export", "/ PyTorch", "of the ceiling"]
    exporter = _said(rows, "exporter")
    apart = max(row["difference"] for row in rows.values())
    return [prose.INFERENCE.format(exporter=exporter, apart=apart), "", *markdown(heads, table)]


CACHED = 64_000_000
"""Bytes of weights that a processor's caches may keep from one batch to the next."""


def _least_seconds(row: Mapping[str, Any], machine: Rows) -> float | None:
    """What a forward pass takes at least: its products at the machine's best rate, or its weights read once.

    None where the row is of another machine than the one whose rates are known.
    """
    ceilings = machine.get("ceilings", {})
    if "sgemm_gflops" not in ceilings or ceilings["processor"] != row["processor"]:
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
        more = statistics.median(loop) / statistics.median(step) - 1
        rates = [f"{row['batch'] / statistics.median(seconds):,.0f}" for seconds in (loop, step)]
        by_hand = ms(row["seconds"].get("by hand"))
        table.append([row["net"], row["kind"], ms(step), by_hand, ms(loop), *rates, f"**{100 * more:.1f} %**"])
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
        theirs = min(filter(None, (held.get("eager"), held.get("channels_last"))), default=None)
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
