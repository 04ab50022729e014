"""Where our step's time goes, net by net: the figures of `netc bench`, condensed."""

from __future__ import annotations

from typing import Any

from bench import ours
from bench.nets import Measured
from netc.runtime.measure.bench import measure as measure_net


def measure(measured: Measured, *, target: str, rounds: int, seconds: float, threads: int) -> dict[str, Any]:
    """The profile of the target's step, without the rows of single layers but with the slowest of them."""
    net = ours.load(measured)
    plan = ours.plan(net, measured.batch)
    found = measure_net(net, plan, rounds=rounds, seconds=seconds, threads=threads, device="cpu", target=target)
    profile = found.pop("profile")
    every = [*profile["layers"], *profile["other"]]
    parts = {part: sum(row[f"{part}_ms"] for row in every) for part in ("forward", "backward", "update")}
    slowest = sorted(profile["layers"], key=lambda row: -row["ms"])[:5]
    return {
        **found,
        "profile": {
            "step_ms": profile["step_ms"],
            "between_ms": profile["between_ms"],
            **{f"{part}_ms": time for part, time in parts.items()},
            "operators": profile["operators"][:12],
            "slowest": [{**row, "file": measured.path.name} for row in slowest],
        },
    }
