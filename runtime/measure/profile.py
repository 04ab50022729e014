"""Where the time of a training step goes: ONNX Runtime's events, read back to layers, parts of the step and lines."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from netc.compiler import Artifact, LayerInstance, Net, Place, places, training_flops

PROFILE_VERSION = 1
SUFFIX = "_kernel_time"
PARTS = ("forward", "backward", "update")
CONVERSIONS = "conversions"
"""The row of operators that belong to no layer: what the runtime puts in to change layouts."""

ROWS = {"loss": "loss", "metric": "metrics", "clip": "clip", "stack": "optimizer"}
"""The rows of what belongs to no layer, by what it is for; a layer may be called so, too."""

Event = Mapping[str, Any]
Milliseconds = defaultdict[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """The events of one run of the model: how long it took, and `(operator's name, its type, seconds)` of each."""

    seconds: float
    operators: list[tuple[str, str, float]]


def read_steps(events: bytes) -> list[Step]:
    """The runs that a profile of ONNX Runtime holds, in order. What runs inside another operator counts for that."""
    recorded: list[Event] = [event for event in json.loads(events) if "dur" in event]
    runs = [event for event in recorded if event["name"] == "model_run"]
    kernels = [event for event in recorded if event["cat"] == "Node" and event["name"].endswith(SUFFIX)]
    kernels.sort(key=lambda event: (event["ts"], -event["dur"]))
    steps = []
    at = 0
    for run in sorted(runs, key=lambda event: event["ts"]):
        end, operators, inside = run["ts"] + run["dur"], [], 0
        while at < len(kernels) and kernels[at]["ts"] < end:
            event = kernels[at]
            at += 1
            if event["ts"] < max(run["ts"], inside):
                continue
            inside = event["ts"] + event["dur"]
            operators.append((event["name"].removesuffix(SUFFIX), event["args"]["op_name"], event["dur"] / 1e6))
        steps.append(Step(run["dur"] / 1e6, operators))
    return steps


def steadiest(steps: Sequence[Step]) -> list[Step]:
    """The faster half: without the hiccups of the machine, yet a mean over them still adds up."""
    return sorted(steps, key=lambda step: step.seconds)[: (len(steps) + 1) // 2]


def profile(net: Net, artifact: Artifact, steps: Sequence[Step], batch: int) -> dict[str, Any]:
    """A step's time by layer, as JSON: the mean over the faster half of the steps.

    `step_ms` = all `ms` of `layers` and `other` + `between_ms`, the time in which no operator ran. Layers stand in
    execution order, each with `forward_ms`, `backward_ms`, `update_ms` (the optimizer's) and their sum `ms`, and with
    `gflops`: its multiply-accumulates in billions a second, times two, over forward and backward. `other` holds loss,
    metrics and what belongs to no layer, such as the `optimizer`'s updates of small weights, which run together.
    `operators` is the same time by the kind of operator, `lines` by line of text.
    """
    assert steps, "a profile needs a step"
    chosen = steadiest(steps)
    homes = _Homes(net, places(artifact))
    spent: dict[Home, Milliseconds] = defaultdict(lambda: defaultdict(float))
    kinds: Milliseconds = defaultdict(float)
    for step in chosen:
        for name, kind, seconds in step.operators:
            home, part = homes.of(name)
            milliseconds = 1000 * seconds / len(chosen)
            spent[home][part] += milliseconds
            kinds[kind] += milliseconds
    whole = 1000 * sum(step.seconds for step in chosen) / len(chosen)
    work = training_flops(net, batch)
    layers = [_layer(layer, spent[Home(layer.path, True)], work[layer.path]) for layer in net.layers]
    other = [{"name": home.name, **_times(times)} for home, times in spent.items() if not home.is_layer]
    return {
        "version": PROFILE_VERSION,
        "net": net.name,
        "batch": batch,
        "steps": len(chosen),
        "step_ms": round(whole, 4),
        "between_ms": round(whole - sum(kinds.values()), 4),
        "layers": layers,
        "other": sorted(other, key=lambda row: -row["ms"]),
        "operators": [
            {"name": name, "ms": round(kinds[name], 4)} for name in sorted(kinds, key=lambda name: -kinds[name])
        ],
        "lines": _lines(net, layers),
    }


def work_of(net: Net, batch: int) -> float | None:
    """GFLOP of a training step, two for a multiply-accumulate; None where sizes are open."""
    return _gflop(training_flops(net, batch).values())


class Home(NamedTuple):
    """A row: a layer by its path, or something else, which may be called as a layer is."""

    name: str
    is_layer: bool = False


class _Homes:
    """From the name of an operator in a profile to the layer, or other row, and the part of the step."""

    def __init__(self, net: Net, known: Mapping[str, Place]) -> None:
        self.known = known
        self.layers = {layer.path for layer in net.layers}
        self.owner: dict[str, str] = {}
        for layer in net.layers:
            for parameter in layer.parameters:
                self.owner.setdefault(parameter.name, layer.path)

    def of(self, name: str) -> tuple[Home, str]:
        """The row and the part. What the runtime fused has the name of one of its operators inside."""
        place = self._place(name)
        if place is None:
            return Home(CONVERSIONS), "forward"
        return self._row(place), place.part

    def _place(self, name: str) -> Place | None:
        bare = name.removeprefix("fused ")
        first = bare.split("/", 1)[0]
        for candidate in (bare, first, first.removesuffix("_nchwc"), bare.removesuffix("_nchwc"), first.split(" ")[0]):
            if candidate in self.known:
                return self.known[candidate]
        return None

    def _row(self, place: Place) -> Home:
        if place.purpose == "optimizer":
            owner = self.owner.get(place.scope.removeprefix("optimizer."))
            return Home("optimizer") if owner is None else Home(owner, True)
        if place.purpose is not None:
            return Home(ROWS[place.purpose])
        path = place.scope
        while path:
            if path in self.layers:
                return Home(path, True)
            path = path.rpartition(".")[0]
        return Home(place.scope or CONVERSIONS)


def _layer(layer: LayerInstance, times: Milliseconds, work: Any) -> dict[str, Any]:
    gflop = _gflop([work])
    busy = (times["forward"] + times["backward"]) / 1000
    return {
        "name": layer.path,
        "type": layer.word,
        "file": layer.span.file,
        "line": layer.span.line,
        **_times(times),
        "gflops": round(gflop / busy, 1) if gflop and busy else None,
    }


def _times(times: Milliseconds) -> dict[str, float]:
    return {f"{part}_ms": round(times[part], 4) for part in PARTS} | {"ms": round(sum(times.values()), 4)}


def _gflop(work: Iterable[Any]) -> float | None:
    total = sum(work)
    return 2 * total / 1e9 if isinstance(total, int) else None


def _lines(net: Net, layers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Time by line of the text, the slowest first; a line in a block counts for every use of the block."""
    texts = {**net.sources, net.file: net.source}
    spent: Counter[tuple[str, int]] = Counter()
    for layer in layers:
        spent[layer["file"], layer["line"]] += layer["ms"]
    found = []
    for (file, line), time in spent.most_common():
        lines = texts.get(file, "").splitlines()
        text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
        found.append({"file": file, "line": line, "text": text, "ms": round(time, 4)})
    return found
